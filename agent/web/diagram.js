// The pane in which a candidate draws: Mermaid text, its picture, templates to start from.
//
// The draft stays in this browser. Who sends it listens to the event "sevenstep:diagram"; its text
// is empty for a template that nobody has changed.

import { draw, onColours, reason } from "sevenstep-drawing";

const PAUSE = 300; // milliseconds without a key before it is drawn
const UNCHANGED = "A template is only a start: it is sent once you have changed it.";
const UNKEPT = "This browser does not keep the draft: it is lost when the page is closed.";

export default {
  template: `
    <section class="diagram-pane" aria-label="Diagram">
      <p class="diagram-start">
        <label :for="id + '-template'">Start from a template</label>
        <select :id="id + '-template'" ref="template" @change="start">
          <option value="">Choose…</option>
          <option v-for="(template, at) in templates" :key="at" :value="at">{{ template.title }}</option>
        </select>
      </p>
      <label :for="id + '-text'">Diagram in Mermaid</label>
      <textarea :id="id + '-text'" v-model="text" rows="10" spellcheck="false" autocomplete="off"
        autocapitalize="off" wrap="off" :aria-describedby="id + '-status'"></textarea>
      <div v-if="picture" :class="['diagram-picture', { 'diagram-stale': fault }]"
        role="img" aria-label="Picture of the diagram" tabindex="0">
        <img alt="" :src="picture.src" :width="picture.width" :height="picture.height" :style="picture.style">
      </div>
      <p :id="id + '-status'" class="diagram-status" role="status">{{ status }}</p>
    </section>`,
  props: { storage: String, templates: Array },
  data: () => ({ text: "", picture: null, fault: "", kept: true }),
  computed: {
    id() {
      return `diagram-${this.$.uid}`;
    },
    key() {
      return `${this.storage}:diagram`;
    },
    isTemplate() {
      return this.templates.some((template) => template.text.trim() === this.text.trim());
    },
    status() {
      return [this.fault, this.isTemplate ? UNCHANGED : "", this.kept ? "" : UNKEPT].filter(Boolean).join("\n");
    },
  },
  created() {
    this.text = this.restored();
  },
  mounted() {
    this.$watch("text", this.changed);
    window.addEventListener("storage", this.synced);
    this.unlisten = onColours(this.redraw);
    this.announce();
    this.redraw();
  },
  beforeUnmount() {
    window.removeEventListener("storage", this.synced);
    this.unlisten();
    clearTimeout(this.timer);
  },
  methods: {
    restored() {
      try {
        return localStorage.getItem(this.key) ?? "";
      } catch {
        this.kept = false;
        return "";
      }
    },
    changed() {
      try {
        if (localStorage.getItem(this.key) !== this.text) localStorage.setItem(this.key, this.text);
        this.kept = true;
      } catch {
        this.kept = false;
      }
      this.announce();
      clearTimeout(this.timer);
      this.timer = setTimeout(this.redraw, PAUSE);
    },
    synced(event) {
      // The key is null where another tab has cleared all.
      if (event.key === this.key || event.key === null) this.text = this.restored();
    },
    announce() {
      const detail = { storage: this.storage, text: this.isTemplate ? "" : this.text };
      window.dispatchEvent(new CustomEvent("sevenstep:diagram", { detail }));
    },
    start(event) {
      const template = this.templates[event.target.value];
      event.target.value = "";
      if (!template || template.text === this.text) return;
      if (this.text.trim() && !window.confirm("Replace your diagram by this template?")) return;
      this.text = template.text;
    },
    async redraw() {
      const { text } = this;
      const turn = (this.turn = (this.turn ?? 0) + 1);
      if (!text.trim()) {
        this.picture = null;
        this.fault = "";
        return;
      }
      let picture = null;
      let fault = "";
      try {
        picture = await draw(text);
      } catch (error) {
        fault = reason(error);
      }
      if (turn !== this.turn) return; // it was edited meanwhile, or the colours changed
      this.picture = picture ?? this.picture;
      this.fault = fault;
    },
  },
};

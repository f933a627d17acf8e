// A text to be checked: pasted, typed, or read from a file that is opened or dropped. The file
// stays on this machine until its text is checked.
const MOST_BYTES = 900000; // of a message as it is sent; the server hangs up at a million

export default {
  template: `
    <form class="checker" @submit.prevent="check" @dragover.prevent @drop.prevent="dropped">
      <label :for="id + '-file'">Open a file, or drop it here</label>
      <input :id="id + '-file'" ref="input" type="file" accept=".yaml,.yml" @change="picked">
      <label :for="id + '-text'">{{ name ? "Text of " + name : "Or paste its text" }}</label>
      <textarea :id="id + '-text'" v-model="text" rows="10" spellcheck="false" autocomplete="off"
        autocapitalize="off" wrap="off" dir="ltr" :aria-describedby="id + '-told'"></textarea>
      <p v-if="!text" class="actions">
        <span class="muted">Or begin with an example:</span>
        <button v-for="example in examples" type="button" class="quiet" @click="begin(example)">
          {{ example.title }}
        </button>
      </p>
      <p class="actions">
        <button type="submit" class="primary" :disabled="busy">{{ busy ? "Checking…" : "Check" }}</button>
        <button type="button" class="quiet" v-if="text" @click="save">Save as a file</button>
        <button type="button" class="quiet" v-if="text" @click="clear">Clear</button>
      </p>
      <p :id="id + '-told'" class="told" role="status">{{ told }}</p>
    </form>`,
  props: { most: Number, busy: Boolean, examples: Array },
  emits: ["check"],
  data: () => ({ text: "", name: "", told: "" }),
  computed: {
    id() {
      return `checker-${this.$.uid}`;
    },
  },
  methods: {
    picked() {
      this.open(this.$refs.input.files[0]);
      this.$refs.input.value = "";
    },
    dropped(event) {
      this.open(event.dataTransfer.files[0]);
    },
    async open(file) {
      if (!file) return;
      this.told = "";
      // Four bytes are the most that a character takes.
      if (file.size > 4 * this.most) return this.tooLong(file.name);
      try {
        const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
        [this.text, this.name] = [text, file.name];
        this.check();
      } catch {
        this.refuse(`${file.name} is no text in UTF-8, or cannot be read; save it as UTF-8.`);
      }
    },
    begin(example) {
      [this.text, this.name] = [example.text, ""];
      this.check();
    },
    save() {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([this.text], { type: "application/yaml" }));
      link.download = this.name || `${/^id:\s*(\w+)/m.exec(this.text)?.[1] ?? "mine"}.yaml`;
      link.click();
      URL.revokeObjectURL(link.href);
    },
    check() {
      const sent = new Blob([JSON.stringify(JSON.stringify(this.text))]).size;
      if (this.text.length > this.most || sent > MOST_BYTES)
        return this.tooLong(this.name || "The text");
      this.told = "";
      this.$emit("check", { text: this.text, name: this.name });
    },
    clear() {
      this.text = this.name = "";
      this.refuse("");
    },
    refuse(why) {
      this.told = why;
      this.$emit("check", { text: "", name: "" });
    },
    tooLong(what) {
      this.refuse(
        `${what} is longer than this page takes; check it on the command line, with ` +
          "sevenstep rubric check FILE or sevenstep scenario check FILE.",
      );
    },
  },
};

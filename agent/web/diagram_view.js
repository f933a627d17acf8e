// A diagram that was sent, as a picture; as text where it cannot be drawn.

import { draw, onColours } from "sevenstep-drawing";

export default {
  template: `
    <div class="diagram-view">
      <div v-if="picture" class="diagram-picture" role="img" :aria-label="label" tabindex="0">
        <img alt="" :src="picture.src" :width="picture.width" :height="picture.height" :style="picture.style">
      </div>
      <pre v-else-if="failed" class="diagram-text" tabindex="0" :aria-label="label" role="group">{{ text }}</pre>
      <details v-if="picture">
        <summary>Text</summary>
        <pre class="diagram-text" tabindex="0" aria-label="The diagram's text" role="group">{{ text }}</pre>
      </details>
    </div>`,
  props: { text: String, label: String },
  data: () => ({ picture: null, failed: false }),
  watch: {
    text: "redraw",
  },
  mounted() {
    this.unlisten = onColours(this.redraw);
    this.redraw();
  },
  beforeUnmount() {
    this.unlisten();
  },
  methods: {
    async redraw() {
      const { text } = this;
      const turn = (this.turn = (this.turn ?? 0) + 1);
      let picture = null;
      try {
        picture = await draw(text);
      } catch {
        // Shown as text: the candidate was told why when it was written.
      }
      if (turn !== this.turn) return;
      this.picture = picture;
      this.failed = !picture;
    },
  },
};

// The conversation's frame: stays at the newest words unless the reader has scrolled back; the
// event "sevenstep:newest" leads to them again.
const NEAR = 48; // pixels

export default {
  template: `
    <div ref="log" class="conversation" role="log" aria-label="Conversation" tabindex="0"
      @scroll.passive="note"><slot></slot></div>`,
  mounted() {
    this.atEnd = true;
    this.resized = new ResizeObserver(this.stay);
    this.resized.observe(this.$refs.log);
    this.changed = new MutationObserver(this.stay);
    this.changed.observe(this.$refs.log, { childList: true, subtree: true, characterData: true });
    this.$refs.log.addEventListener("load", this.stay, true); // pictures of diagrams
    addEventListener("sevenstep:newest", this.newest);
    this.stay();
  },
  unmounted() {
    removeEventListener("sevenstep:newest", this.newest);
    this.resized.disconnect();
    this.changed.disconnect();
  },
  methods: {
    note() {
      const { scrollTop, scrollHeight, clientHeight } = this.$refs.log;
      this.atEnd = scrollHeight - clientHeight - scrollTop < NEAR;
    },
    newest() {
      this.atEnd = true;
      this.stay();
    },
    stay() {
      if (this.atEnd) this.$refs.log.scrollTop = this.$refs.log.scrollHeight;
    },
  },
};

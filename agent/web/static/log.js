// The conversation's frame: stays at the newest words unless the reader has scrolled back; the
// event "sevenstep:newest" leads to them again.
const NEAR = 48; // pixels

export default {
  template: `
    <div ref="log" class="conversation" role="log" aria-label="Conversation" tabindex="0"
      @scroll.passive="note"><slot></slot></div>`,
  mounted() {
    this.atEnd = true;
    this.top = 0;
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
    // Only scrolling up leaves the end: what is added meanwhile may have moved it away.
    note() {
      const { scrollTop, scrollHeight, clientHeight } = this.$refs.log;
      if (scrollHeight - clientHeight - scrollTop < NEAR) this.atEnd = true;
      else if (scrollTop < this.top) this.atEnd = false;
      this.top = scrollTop;
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

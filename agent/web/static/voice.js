// Reads the interviewer's words aloud, where the browser can and the candidate wants it.
export default {
  template: `
    <button v-if="can" type="button" class="quiet" :aria-pressed="String(on)" @click="toggle">
      {{ on ? "Stop reading aloud" : "Read aloud" }}
    </button>`,
  props: { said: String, turn: Number },
  data: () => ({
    can: "speechSynthesis" in window,
    on: false,
  }),
  created() {
    try {
      this.on = localStorage.getItem("sevenstep:aloud") === "yes";
    } catch {
      // Some browsers keep nothing.
    }
  },
  watch: {
    turn() {
      if (this.on) this.read();
    },
  },
  unmounted() {
    if (this.can) speechSynthesis.cancel();
  },
  methods: {
    toggle() {
      this.on = !this.on;
      try {
        localStorage.setItem("sevenstep:aloud", this.on ? "yes" : "no");
      } catch {
        // Then it is chosen anew on the next page.
      }
      if (this.on) this.read();
      else speechSynthesis.cancel();
    },
    read() {
      speechSynthesis.cancel();
      const speech = new SpeechSynthesisUtterance(this.said);
      speech.lang = "en";
      speechSynthesis.speak(speech);
    },
  },
};

// The answer's box: keeps its draft over a reload, sends a message until the server has it, and
// takes dictation where the browser can. What is done with a message is the server's business.
const RESEND_SECONDS = 5;
const MOST_CHARACTERS = 200000;
const Recognition = window.SpeechRecognition || window.webkitSpeechRecognition;

export default {
  template: `
    <form class="composer" @submit.prevent="send">
      <label :for="box">Your answer</label>
      <textarea :id="box" ref="box" v-model="text" rows="6" :readonly="sending" dir="auto"
        :aria-describedby="box + '-help'" @keydown.ctrl.enter.prevent="send"
        @keydown.meta.enter.prevent="send"
        placeholder="Speak your thoughts as you would in the room. Questions are welcome."></textarea>
      <div class="row">
        <span class="muted" :id="box + '-help'"><span class="keys">Ctrl+Enter sends · </span>{{ words }}</span>
        <label v-if="isDrawn" class="check">
          <input type="checkbox" v-model="attach"> with the diagram
        </label>
        <button v-if="canDictate" type="button" class="quiet" :aria-pressed="String(listening)"
          title="Your browser listens; some send the sound to their maker." @click="dictate">
          {{ listening ? "Stop dictation" : "Dictate" }}
        </button>
        <button type="submit" class="primary" :disabled="busy || sending || isEmpty">Send</button>
      </div>
      <p class="told" role="status">{{ told }}</p>
    </form>`,
  props: { storage: String, busy: Boolean, known: Array },
  emits: ["send"],
  data: () => ({
    text: "",
    drawing: "",
    drawn: "",
    attach: true,
    sending: false,
    told: "",
    canDictate: Boolean(Recognition),
    listening: false,
    box: "",
  }),
  created() {
    this.box = "answer-box";
    this.text = this.kept("draft") ?? "";
    this.drawn = this.kept("diagram-sent") ?? "";
  },
  mounted() {
    addEventListener("storage", this.elsewhere);
    addEventListener("sevenstep:diagram", this.redrawn);
    this.timer = setInterval(this.again, RESEND_SECONDS * 1000);
    const waiting = this.waiting();
    if (waiting && this.known.includes(waiting.key)) this.accepted(waiting.key);
    else if (waiting) this.again();
  },
  unmounted() {
    removeEventListener("storage", this.elsewhere);
    removeEventListener("sevenstep:diagram", this.redrawn);
    clearInterval(this.timer);
    this.recognition?.abort();
  },
  watch: {
    busy(now) {
      if (!now && !this.sending) this.told = "";
    },
    text(now) {
      if (now) this.told = "";
      this.keep("draft", now);
    },
  },
  computed: {
    isDrawn() {
      return this.drawing.trim() !== "" && this.drawing !== this.drawn;
    },
    isEmpty() {
      return this.text.trim() === "" && !(this.isDrawn && this.attach);
    },
    words() {
      const number = this.text.split(/\s+/).filter(Boolean).length;
      return number === 1 ? "1 word" : `${number.toLocaleString("en")} words`;
    },
  },
  methods: {
    at(what) {
      return `${this.storage}:${what}`;
    },
    kept(what) {
      try {
        return localStorage.getItem(this.at(what));
      } catch {
        return null; // some browsers keep nothing; `keep` tells of it
      }
    },
    keep(what, value) {
      try {
        if (value) localStorage.setItem(this.at(what), value);
        else localStorage.removeItem(this.at(what));
      } catch {
        this.told = "This browser keeps no drafts: send before you leave or reload the page.";
      }
    },
    waiting() {
      return this.unsent ?? JSON.parse(this.kept("outbox") ?? "null");
    },
    send() {
      if (this.sending || this.isEmpty) return;
      if (this.busy) {
        this.told = "The interviewer is still speaking; send it in a moment.";
        return;
      }
      const drawing = this.isDrawn && this.attach ? this.drawing : "";
      const fence = drawing ? fenced(drawing.trim()) : "";
      const joined = [this.text.trim(), fence].filter(Boolean).join("\n\n");
      // Half an emoji is no text, and the server would never take the message.
      const text = joined.toWellFormed?.() ?? joined;
      if (text.length > MOST_CHARACTERS) {
        this.told =
          `This answer has ${text.length.toLocaleString("en")} characters, more than ` +
          `${MOST_CHARACTERS.toLocaleString("en")}; send it in parts.`;
        return;
      }
      this.recognition?.stop();
      this.unsent = { key: key(), text, drawing };
      this.keep("outbox", JSON.stringify(this.unsent));
      this.again();
    },
    // A message is sent again until the server says that it is kept: it counts once, by its key.
    again() {
      const waiting = this.waiting();
      if (!waiting) return;
      this.sending = true;
      this.told = "Sending…";
      toNewest();
      this.$emit("send", { key: waiting.key, text: waiting.text });
    },
    accepted(sent) {
      const waiting = this.waiting();
      if (waiting?.key !== sent) return;
      if (waiting.drawing) {
        this.drawn = waiting.drawing;
        this.keep("diagram-sent", this.drawn);
      }
      this.text = "";
      this.settled("");
    },
    refused(sent, why) {
      if (this.waiting()?.key === sent) this.settled(why);
    },
    settled(told) {
      this.unsent = undefined;
      this.keep("outbox", "");
      this.sending = false;
      this.told = told;
      this.$nextTick(() => this.$refs.box.focus({ preventScroll: true }));
    },
    focus() {
      toNewest();
      // On a phone the keyboard would cover what the interviewer says.
      if (matchMedia("(pointer: fine)").matches) this.$refs.box.focus({ preventScroll: true });
    },
    elsewhere(event) {
      if (event.key === this.at("draft") && !this.sending) this.text = event.newValue ?? "";
      if (event.key === this.at("diagram-sent")) this.drawn = event.newValue ?? "";
      if (event.key === this.at("outbox") && event.newValue === null && !this.unsent)
        this.sending = false;
    },
    redrawn(event) {
      if (event.detail.storage === this.storage) this.drawing = event.detail.text;
    },
    dictate() {
      if (this.listening) {
        this.recognition.stop();
        return;
      }
      const recognition = new Recognition();
      recognition.lang = navigator.language;
      recognition.continuous = true;
      recognition.onresult = (event) => {
        for (let at = event.resultIndex; at < event.results.length; at++) {
          const said = event.results[at];
          if (said.isFinal) this.text = `${this.text} ${said[0].transcript.trim()}`.trim();
        }
      };
      recognition.onerror = (event) => {
        this.told = `Dictation stopped (${event.error}); what was heard so far stands in the box.`;
      };
      recognition.onend = () => (this.listening = false);
      recognition.start();
      this.recognition = recognition;
      this.listening = true;
    },
  },
};

// Who has scrolled back and then speaks is shown what comes of it.
function toNewest() {
  dispatchEvent(new Event("sevenstep:newest"));
}

// Longer than any run of backticks inside, so that it ends where the diagram ends.
function fenced(drawing) {
  const runs = (drawing.match(/`+/g) ?? []).map((run) => run.length);
  const marks = "`".repeat(Math.max(3, 1 + Math.max(0, ...runs)));
  return `${marks}mermaid\n${drawing}\n${marks}`;
}

function key() {
  // randomUUID is only there on secure origins; a server in the local network has none.
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}

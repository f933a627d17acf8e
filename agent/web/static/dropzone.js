// A place for files: a button that opens the browser's own dialogue, and takes drops as well.
//
// Each file is PUT as it is to `url`/NAME, one after the other, since limits count them together.
// A refusal is JSON, {"error": "..."}; the server's text is shown as text.
const SLOW = 1000; // milliseconds between two announcements of progress

export default {
  template: `
    <div class="dropzone" :class="{ over: isOver, disabled }" @dragover.prevent="isOver = !disabled"
      @dragleave="isOver = false" @drop.prevent="dropped">
      <label :for="id">{{ label }}</label>
      <input :id="id" ref="input" type="file" :multiple="multiple" :accept="accept"
        :disabled="disabled" :aria-describedby="id + '-help'" @change="picked">
      <p :id="id + '-help'" class="muted">{{ help }}</p>
      <ul v-if="files.length" class="plainlist">
        <li v-for="file in files" :key="file.key">
          <span class="name"><bdi>{{ file.name }}</bdi></span>
          <progress v-if="file.state === 'sending'" :value="file.share" max="1"
            :aria-label="'Sending ' + file.name"></progress>
          <span :class="['state', file.state]">{{ shown(file) }}</span>
          <button v-if="file.again" type="button" class="quiet"
            :disabled="disabled" @click="retry(file)">Try again</button>
        </li>
      </ul>
      <p class="visually-hidden" role="status">{{ told }}</p>
    </div>`,
  props: {
    label: String,
    url: String,
    accept: String,
    help: String,
    multiple: Boolean,
    disabled: Boolean,
    most: Number,
  },
  emits: ["changed", "settled"],
  data: () => ({ files: [], isOver: false, told: "" }),
  computed: {
    id() {
      return `dropzone-${this.$.uid}`;
    },
  },
  mounted() {
    addEventListener("beforeunload", this.leaving);
  },
  unmounted() {
    removeEventListener("beforeunload", this.leaving);
    this.request?.abort();
  },
  methods: {
    picked() {
      this.add(Array.from(this.$refs.input.files));
      this.$refs.input.value = ""; // or else the same file could not be chosen again
    },
    dropped(event) {
      this.isOver = false;
      if (this.disabled) return;
      const items = Array.from(event.dataTransfer.items).filter((item) => item.kind === "file");
      const folders = items.filter((item) => item.webkitGetAsEntry?.()?.isDirectory);
      const names = new Set(folders.map((item) => item.getAsFile()?.name));
      const dropped = Array.from(event.dataTransfer.files);
      this.add(this.multiple ? dropped : dropped.slice(0, 1), names);
    },
    add(chosen, folders = new Set()) {
      // What is done or refused makes room for what comes; what can be tried again stays.
      if (!this.isBusy()) this.files = this.files.filter((file) => file.again);
      for (const blob of chosen) {
        this.files = this.files.filter((file) => file.name !== blob.name || !file.again);
        const file = { key: Symbol(), name: blob.name, blob, state: "waiting", share: 0, why: "" };
        file.again = false;
        if (folders.has(blob.name)) this.fail(file, "is a folder; drop the files in it");
        else if (this.most && blob.size > this.most)
          this.fail(file, `is larger than ${megabytes(this.most)}, the most for a file; split it`);
        this.files.push(file);
      }
      this.next();
    },
    retry(file) {
      this.add([file.blob]);
    },
    isBusy() {
      return this.files.some((file) => ["waiting", "sending"].includes(file.state));
    },
    next() {
      if (this.files.some((file) => file.state === "sending")) return;
      const file = this.files.find((one) => one.state === "waiting");
      if (file) this.send(file);
      else if (this.files.length) this.settle();
    },
    send(file) {
      file.state = "sending";
      const request = (this.request = new XMLHttpRequest());
      request.open("PUT", `${this.url}/${encodeURIComponent(file.name)}`);
      request.upload.onprogress = (event) => {
        file.share = event.lengthComputable && event.total ? event.loaded / event.total : 0;
        this.tell(this.shown(file), file);
      };
      request.onload = () => this.answered(file, request);
      request.onerror = () => {
        this.fail(file, "could not be sent: the server cannot be reached", true);
        this.next();
      };
      request.send(file.blob);
    },
    answered(file, request) {
      const answer = parsed(request.responseText);
      if (request.status >= 200 && request.status < 300) {
        file.state = "done";
        this.$emit("changed", { name: answer.name ?? file.name });
      } else {
        const why = answer.error ?? `the server refuses it (${request.status}); load the page again`;
        this.fail(file, why, request.status >= 500);
      }
      this.next();
    },
    fail(file, why, again = false) {
      // The server's text begins with the name, which stands there already.
      why = why.startsWith(`${file.name}: `) ? why.slice(file.name.length + 2) : why;
      Object.assign(file, { state: "failed", why, again });
    },
    settle() {
      const failed = this.files.filter((file) => file.state === "failed");
      const done = this.files.filter((file) => file.state === "done").length;
      this.told = [`${done} sent.`, ...failed.map((file) => `${file.name}: ${file.why}.`)].join(" ");
      this.$emit("settled", { done, failed: failed.length });
    },
    shown(file) {
      if (file.state === "sending") return `${Math.floor(file.share * 100)} %`;
      if (file.state === "failed") return file.why;
      return file.state;
    },
    tell(text, file) {
      const now = Date.now();
      if (now - (this.toldAt ?? 0) < SLOW) return;
      this.toldAt = now;
      this.told = `${file.name}: ${text}`;
    },
    leaving(event) {
      if (this.isBusy()) event.preventDefault();
    },
  },
};

function parsed(text) {
  try {
    const answer = JSON.parse(text);
    return answer !== null && typeof answer === "object" ? answer : {};
  } catch {
    return {};
  }
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toLocaleString("en", { maximumFractionDigits: 1 })} MB`;
}

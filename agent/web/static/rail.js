// The steps of an interview with their time, where the candidate is, and the way to each of them.
export default {
  template: `
    <nav class="rail" aria-label="Steps of the interview">
      <p class="total"><span class="label">{{ timed ? "Time" : "Turns" }}</span> {{ total }}
        <span v-if="!running && !over" class="tag">clock stopped</span></p>
      <ol>
        <li v-for="(step, at) in steps" :key="step.id" :class="step.state"
          :aria-current="step.state === 'now' ? 'step' : undefined">
          <button type="button" :aria-disabled="String(!open || step.state === 'now')" @click="go(step)">
            <span class="number" aria-hidden="true">{{ step.state === "done" ? "✓" : at + 1 }}</span>
            <span class="title">{{ step.title }}
              <span class="visually-hidden">{{ NAMES[step.state] }}</span></span>
            <span class="spent" :class="{ over: used(step) > budget(step) }">{{ spent(step) }}</span>
          </button>
          <span class="bar" aria-hidden="true"><i :style="{ width: share(step) }"></i></span>
        </li>
      </ol>
    </nav>`,
  props: { steps: Array, timed: Boolean, running: Boolean, open: Boolean, over: Boolean },
  emits: ["go"],
  data: () => ({ passed: 0, NAMES: { done: "(done)", now: "(now)", todo: "(to come)" } }),
  mounted() {
    this.since = performance.now();
    this.timer = setInterval(() => {
      if (this.running) this.passed = (performance.now() - this.since) / 1000;
    }, 1000);
  },
  unmounted() {
    clearInterval(this.timer);
  },
  watch: {
    steps() {
      this.restart();
    },
    running() {
      this.restart();
    },
  },
  computed: {
    total() {
      const sum = (of) => this.steps.reduce((all, step) => all + of(step), 0);
      return this.timed
        ? `${clock(sum(this.used))} of ${clock(sum(this.budget))}`
        : `${sum(this.used)} of about ${sum(this.budget)}`;
    },
  },
  methods: {
    restart() {
      this.since = performance.now();
      this.passed = 0;
    },
    used(step) {
      return this.timed ? step.seconds + (step.state === "now" ? this.passed : 0) : step.turns;
    },
    budget(step) {
      return this.timed ? step.budget : step.turn_budget;
    },
    share(step) {
      return `${Math.min(100, (100 * this.used(step)) / this.budget(step))}%`;
    },
    spent(step) {
      const [used, budget] = [this.used(step), this.budget(step)];
      return this.timed ? `${clock(used)} / ${clock(budget)}` : `${used} / ${budget}`;
    },
    go(step) {
      if (!this.open || step.state === "now") return;
      if (window.confirm(`Leave this step and go to “${step.title}”?`)) this.$emit("go", step.id);
    },
  },
};

function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

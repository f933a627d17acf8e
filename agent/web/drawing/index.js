// Draws Mermaid text as a picture: an address for <img>, its size in pixels, and a style that
// lets it shrink as far as it can be read.
//
// A picture in <img> runs no script, follows no link and loads nothing, whatever is in it; so
// what a label or a style holds cannot reach the page. Mermaid is loaded when first needed.

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif';
const LEAST_SCALE = 0.7; // of 16 pixels: smaller letters are hard to read
// Beyond these, a node's attributes may name an image, which Mermaid fetches while it draws.
const ATTRIBUTES =
  /@\{\s*(?:(?:shape|label|w|h|animate|animation|curve)\s*:\s*(?:"[^"]*"|[\w.-]+)[\s,]*)*\}/g;
// Styles may name pictures, too, also with their letters written as CSS escapes.
const FETCHES = /\b(?:url|src|image-set)\(|^[ \t]*(?:style|classDef|linkStyle)\b.*\\/im;
const UNKNOWN = 'Begin with the kind of the diagram, for instance "flowchart TB".';

let drawings = 0;
let last = Promise.resolve();

// Throws an Error whose message says, on one or several lines, what cannot be drawn.
export function draw(text) {
  // One after the other: Mermaid's colours are set for all drawings at once.
  const drawn = last.then(() => drawAlone(text));
  last = drawn.catch(() => {});
  return drawn;
}

async function drawAlone(text) {
  if (text.replace(ATTRIBUTES, "").includes("@{")) {
    throw new Error("In @{...} only these are drawn: shape, label, w, h, animate, animation, curve.");
  }
  if (FETCHES.test(text)) throw new Error("Styles with url(...) are not drawn.");
  const { mermaid } = await import("nicegui-mermaid");
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: "strict",
    secure: Object.keys(mermaid.mermaidAPI.defaultConfig), // the text configures nothing
    suppressErrorRendering: true,
    htmlLabels: false,
    flowchart: { htmlLabels: false, useMaxWidth: false },
    theme: dark.matches ? "dark" : "neutral",
    fontFamily: FONT,
    logLevel: "fatal",
  });
  const { svg } = await mermaid.render(`sevenstep-drawing-${++drawings}`, text);
  return asImage(svg);
}

// Calls back when the colours change; returns how to end that.
export function onColours(changed) {
  dark.addEventListener("change", changed);
  return () => dark.removeEventListener("change", changed);
}

// The first lines of what went wrong, as plain text.
export function reason(error) {
  if (error?.name === "UnknownDiagramError") return UNKNOWN;
  const lines = String(error?.message || error).split("\n").slice(0, 3);
  return lines.map((line) => line.slice(0, 160)).join("\n");
}

function asImage(svg) {
  const parsed = new DOMParser().parseFromString(svg, "image/svg+xml");
  const root = parsed.documentElement;
  const [, , width, height] = (root.getAttribute("viewBox") || "").split(/[\s,]+/).map(Number);
  if (root.localName !== "svg" || !(width > 0 && height > 0)) throw new Error("It cannot be drawn.");
  const size = { width: Math.ceil(width), height: Math.ceil(height) };
  for (const [side, pixels] of Object.entries(size)) root.setAttribute(side, pixels);
  const source = new XMLSerializer().serializeToString(root);
  return {
    ...size,
    src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(source)}`,
    style: { minWidth: `${Math.floor(size.width * LEAST_SCALE)}px` },
  };
}

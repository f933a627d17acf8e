// Draws Mermaid text as a picture: an address for <img> with its size in pixels.
//
// A picture in <img> runs no script, follows no link and loads nothing, whatever is in it; so
// what a label or a style holds cannot reach the page. Mermaid is loaded when first needed.

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif';
const FIXED = [
  "secure", "securityLevel", "startOnLoad", "maxTextSize", "maxEdges", "suppressErrorRendering",
  "htmlLabels", "flowchart", "theme", "themeCSS", "themeVariables", "darkMode", "fontFamily",
  "altFontFamily", "dompurifyConfig", "layout", "look", "logLevel", "legacyMathML", "forceLegacyMathML",
];
// Mermaid fetches images of nodes while it draws, from wherever the text says.
const FETCHES = /@\{[^}]*\b(?:img|icon)\s*:/;

let drawings = 0;

// Throws an Error whose message says, on one or several lines, what cannot be drawn.
export async function draw(text) {
  if (FETCHES.test(text)) throw new Error("Images and icons are not drawn.");
  const { mermaid } = await import("nicegui-mermaid");
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: "strict",
    secure: FIXED,
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
  const lines = String(error?.message || error).split("\n").slice(0, 3);
  return lines.map((line) => line.slice(0, 160)).join("\n");
}

function asImage(svg) {
  const parsed = new DOMParser().parseFromString(svg, "image/svg+xml");
  const root = parsed.documentElement;
  const [, , width, height] = (root.getAttribute("viewBox") || "").split(/[\s,]+/).map(Number);
  if (root.localName !== "svg" || !(width > 0 && height > 0)) throw new Error("It cannot be drawn.");
  root.setAttribute("width", Math.ceil(width));
  root.setAttribute("height", Math.ceil(height));
  const source = new XMLSerializer().serializeToString(root);
  return {
    src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(source)}`,
    width: Math.ceil(width),
    height: Math.ceil(height),
  };
}

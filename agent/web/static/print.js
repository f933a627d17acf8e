// The button that opens the browser's print dialog, where a page can be saved as PDF.
for (const button of document.querySelectorAll("[data-print]"))
  button.addEventListener("click", () => window.print());

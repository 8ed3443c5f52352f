// Ticks off the control that has the focus, and says what is still missing.
window.wanted.delete(document.activeElement);
for (const control of window.wanted) if (!control.isConnected) window.wanted.delete(control);
return [...window.wanted].map((control) => control.outerHTML.slice(0, 120));

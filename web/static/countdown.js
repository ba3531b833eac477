// Counts down to the end of an offer, and shows the page anew when it is over. Without it the page says until when.
const clock = document.querySelector("[data-seconds]");
const end = performance.now() + 1000 * Number(clock.dataset.seconds);

function reads(seconds) {
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  const two = (number) => String(number).padStart(2, "0");
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${two(minutes)} min`;
  return `${minutes}:${two(seconds % 60)}`;
}

function tick() {
  const left = Math.ceil((end - performance.now()) / 1000);
  if (left <= 0) return location.reload();
  clock.textContent = reads(left);
  clock.classList.toggle("soon", left <= 60);
  setTimeout(tick, 1000 - (performance.now() % 1000));
}

clock.parentElement.hidden = false;
tick();

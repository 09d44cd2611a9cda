// Shows the remaining time in `line`. Resolves to true at the end, or to false if it is aborted.
export function countdown(line, seconds, signal) {
  const clock = line.querySelector(".clock");
  const end = Date.now() + seconds * 1000;
  line.hidden = false;
  return new Promise((resolve) => {
    const tick = () => {
      const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
      clock.textContent = digits(left);
      if (left > 0 && !signal.aborted) return;
      clearInterval(timer);
      line.hidden = true;
      resolve(!signal.aborted);
    };
    // Runs more than once a second and reads the clock, because browsers throttle timers in background tabs.
    const timer = setInterval(tick, 250);
    signal.addEventListener("abort", tick);
    tick();
  });
}

function digits(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
}

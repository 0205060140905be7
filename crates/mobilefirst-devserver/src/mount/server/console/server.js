// The control calls, and the wait for the next change.

/** Sends a control call. Throws an error whose message is for the user. */
export async function call(path, body) {
  let response;
  try {
    response = await fetch(`/devserver/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error("The server cannot be reached.");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(sentence(answer.error_description ?? `The server answered ${response.status}.`));
  return answer;
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}${text.endsWith(".") ? "" : "."}`;

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Calls `onState` with each new state, and `onTrouble` when the server cannot be reached. */
export async function follow(onState, onTrouble) {
  let after = 0;
  let first = true;
  for (;;) {
    try {
      // The first answer comes at once, even if nothing has ever changed.
      const wait = first ? 0 : 25;
      const response = await fetch(`/devserver/state?after=${after}&wait=${wait}`, { cache: "no-store" });
      if (!response.ok) throw new Error(`status ${response.status}`);
      const state = await response.json();
      onState(state, first);
      after = state.version;
      first = false;
      // Under load there is a change all the time.
      await pause(150);
    } catch {
      onTrouble();
      // It may be another server next time, with none of the calls so far.
      after = 0;
      first = true;
      await pause(1000);
    }
  }
}

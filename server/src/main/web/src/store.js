// A value that views follow. Changes within one frame are drawn once.
import { useState, useEffect } from 'preact/hooks';

export function store(initial) {
  let value = initial;
  let isDue = false;
  const followers = new Set();
  const tell = () => {
    isDue = false;
    followers.forEach((each) => each());
  };
  return {
    get: () => value,
    set(next) {
      value = typeof next === 'function' ? next(value) : next;
      if (!isDue) {
        isDue = true;
        (document.hidden ? queueMicrotask : requestAnimationFrame)(tell);
      }
    },
    /** Calls `follower` after changes; returns what ends that. */
    follow(follower) {
      followers.add(follower);
      return () => followers.delete(follower);
    },
    /** In a view: the value, and a new drawing whenever it changes. */
    use() {
      const [, draw] = useState(0);
      useEffect(() => {
        const follower = () => draw((n) => n + 1);
        followers.add(follower);
        follower();
        return () => followers.delete(follower);
      }, [followers]);
      return value;
    },
  };
}

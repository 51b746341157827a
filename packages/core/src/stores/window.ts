/** Windows of time in which something is told so many times, and no more. @module */

/**
 * Tells at each look whether a new window has begun since the one before. Times in seconds since the epoch.
 * @param since when the first window begins
 */
export function createWindow(lengthSeconds: number, since: number): (time: number) => boolean {
  let begin = since
  return (time) => {
    // A clock that was put back starts anew.
    const isNew = time - begin >= lengthSeconds || time < begin
    if (isNew) begin = time
    return isNew
  }
}

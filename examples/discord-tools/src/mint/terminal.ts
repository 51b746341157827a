/** A question on the terminal whose answer nobody sees. @module */
import type { ReadStream, WriteStream } from 'node:tty'
import { CommandError, exitCodes } from './command-error.ts'
import type { Terminal } from './surroundings.ts'

/** More than anybody types or pastes here, in characters. */
const maxAnswer = 4096
/** What a terminal puts around pasted text, and what its arrow keys send: the escape character, and the rest of it. */
const escapeSequence = new RegExp(`${String.fromCodePoint(27)}\\[[0-9;?]*[~A-Za-z]`, 'g')

/** What was typed so far, and whether it is over. */
interface Answer {
  readonly text: string
  readonly state: 'open' | 'done' | 'interrupted'
}

/** The terminal of this process; `undefined` when standard input or standard error is none. */
export function openTerminal(input: ReadStream, output: WriteStream): Terminal | undefined {
  if (!input.isTTY || !output.isTTY) return undefined
  return { askSecret: async (question) => await askSecret(input, output, question) }
}

async function askSecret(input: ReadStream, output: WriteStream, question: string): Promise<string> {
  // Before anything invites to type: what is typed earlier is shown by the terminal itself.
  input.setRawMode(true)
  output.write(question)
  try {
    return await readAnswer(input)
  } finally {
    input.setRawMode(false)
    input.pause()
    output.write('\n')
  }
}

async function readAnswer(input: ReadStream): Promise<string> {
  let answer: Answer = { text: '', state: 'open' }
  input.setEncoding('utf8')
  for await (const chunk of input.iterator({ destroyOnReturn: false })) {
    answer = typeInto(answer, String(chunk))
    if (answer.state === 'interrupted') throw new CommandError(exitCodes.interrupted, 'nothing was minted')
    if (answer.state === 'done') break
  }
  return answer.text
}

/** One piece of input, with the keys that people use to correct themselves. Exported for its tests. */
export function typeInto(answer: Answer, chunk: string): Answer {
  let { text } = answer
  for (const key of chunk.replace(escapeSequence, '')) {
    if (key === '\r' || key === '\n' || key === '\u0004') return { text, state: 'done' }
    if (key === '\u0003') return { text: '', state: 'interrupted' }
    if (key === '\u007f' || key === '\b') text = text.slice(0, -1)
    else if (key === '\u0015') text = ''
    else if (key >= ' ' && text.length < maxAnswer) text += key
  }
  return { text, state: 'open' }
}

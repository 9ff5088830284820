// What wrangler writes of each request, without its path: a stream's key or ticket and a trigger's secret may
// be in it. Edge and control write lines of their own, which hold none of these.
import { Transform } from 'node:stream'

export const withoutPath = (line: string): string =>
  line.replace(/^(\[wrangler:\w+\] [A-Z]+) \S+ (?=\d{3} )/, '$1 … ')

/** Passes text on line by line. */
export function withoutPaths(): Transform {
  let rest = ''
  return new Transform({
    decodeStrings: false,
    transform(chunk: Buffer | string, _, done) {
      const lines = (rest + chunk.toString()).split('\n')
      rest = lines.pop()!
      done(undefined, lines.map((line) => `${withoutPath(line)}\n`).join(''))
    },
    flush(done) {
      done(undefined, withoutPath(rest))
    },
  })
}

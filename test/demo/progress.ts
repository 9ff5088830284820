// A progress bar: one moving line on a terminal, a line per tenth elsewhere.

const width = 40

export function progress(what: string, total: number) {
  const startedAt = Date.now()
  let done = 0
  const line = () => {
    const filled = Math.round((width * done) / total)
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(0)
    return `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${done}/${total} ${what}, ${seconds} s`
  }
  return {
    step() {
      done++
      if (process.stdout.isTTY) process.stdout.write(`\r${line()}`)
      else if (done % Math.ceil(total / 10) === 0) console.log(line())
    },
    end() {
      console.log(process.stdout.isTTY ? `\r${line()}\n` : '')
    },
  }
}

// Names the processor family, for results. glibc picks its mathematical functions by CPU, so draws repeat to
// the last digit only within one family.
import { readFile } from 'node:fs/promises'

/** The CPU flags by which glibc picks. */
const relevantFlags = ['avx', 'avx2', 'avx512f', 'fma', 'fma4', 'asimd', 'sve']

export async function hostSummary(): Promise<string> {
  const cpu = await readFile('/proc/cpuinfo', 'utf8').catch(() => '')
  const flags = /^(?:flags|Features)\s*:(.*)$/m.exec(cpu)?.[1]?.trim().split(/\s+/) ?? []
  return [process.platform, process.arch, ...relevantFlags.filter((flag) => flags.includes(flag))].join(' ')
}

// Which family of processors drew these numbers: glibc picks its mathematics by CPU, so draws repeat to the
// digit within one only.
import { readFile } from 'node:fs/promises'

const telling = ['avx', 'avx2', 'avx512f', 'fma', 'fma4', 'asimd', 'sve']

export async function hostSummary(): Promise<string> {
  const cpu = await readFile('/proc/cpuinfo', 'utf8').catch(() => '')
  const flags = /^(?:flags|Features)\s*:(.*)$/m.exec(cpu)?.[1]?.trim().split(/\s+/) ?? []
  return [process.platform, process.arch, ...telling.filter((flag) => flags.includes(flag))].join(' ')
}

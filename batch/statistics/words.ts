// How verdicts write lists, numbers and times.
export const days = (count: number) => `${count} ${count === 1 ? 'day' : 'days'}`
export const usersHave = (count: number) => (count === 1 ? '1 user has' : `${count} users have`)
export const be = (ids: readonly string[]) => (ids.length > 1 ? 'are' : 'is')
export const listed = (ids: readonly string[]) =>
  ids.length > 1 ? `${ids.slice(0, -1).join(', ')} and ${ids.at(-1)}` : (ids[0] ?? '')
/** Three significant digits. */
export const percent = (share: number) => `${Number((share * 100).toPrecision(3))} %`
export const signed = (share: number) => `${share > 0 ? '+' : ''}${percent(share)}`

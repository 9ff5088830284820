// Figures as SVG text: elements with their numbers rounded to a hundredth, so that equal figures are equal.
const number = (value: number) => String(Number(value.toFixed(2)))

const escaped = (value: string) =>
  value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

export function svg(width: number, height: number, title: string, elements: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img"`,
    '  font-family="system-ui, sans-serif" font-size="12">',
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...elements,
    '</svg>',
    '',
  ].join('\n')
}

export const line = (x1: number, y1: number, x2: number, y2: number, stroke: string, width: number) =>
  `<line x1="${number(x1)}" y1="${number(y1)}" x2="${number(x2)}" y2="${number(y2)}" ` +
  `stroke="${stroke}" stroke-width="${width}"/>`

export const rect = (x: number, y: number, width: number, height: number, fill: string) =>
  `<rect x="${number(x)}" y="${number(y)}" width="${number(width)}" height="${number(height)}" fill="${fill}"/>`

export const circle = (x: number, y: number, radius: number, fill: string) =>
  `<circle cx="${number(x)}" cy="${number(y)}" r="${number(radius)}" fill="${fill}"/>`

export const text = (
  x: number,
  y: number,
  content: string,
  { anchor = 'start', weight = 'normal' }: { readonly anchor?: string; readonly weight?: string } = {},
) =>
  `<text x="${number(x)}" y="${number(y)}" text-anchor="${anchor}" font-weight="${weight}">${escaped(content)}</text>`

export interface Ticks {
  readonly from: number
  readonly to: number
  readonly at: readonly number[]
  readonly label: (value: number, unit: string) => string
}

/** Round steps that cover the values; about four of them. */
export function ticksOf(low: number, high: number): Ticks {
  const span = high > low ? high - low : Math.abs(high) || 1
  const power = 10 ** Math.floor(Math.log10(span / 4))
  const step = power * ([1, 2, 5].find((factor) => factor * power >= (span / 4) * (1 - 1e-9)) ?? 10)
  const [first, last] = [Math.floor(low / step + 1e-9), Math.max(Math.ceil(high / step - 1e-9), 1)]
  const at = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step)
  return {
    from: first * step,
    to: Math.max(last, first + 1) * step,
    at,
    label: (value, unit) => `${Number(value.toPrecision(6))}${unit}`,
  }
}

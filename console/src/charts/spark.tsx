// The shape of a count over time, without an axis: beside the figure that says how much it is.
import css from './charts.module.css'

const height = 36

export function Spark({ values }: { values: readonly number[] }) {
  if (values.length < 2) return null
  const top = Math.max(1, ...values)
  const points = values.map(
    (value, place) => `${(place / (values.length - 1)) * 100} ${height - 2 - (value / top) * (height - 4)}`,
  )
  const line = `M${points.join('L')}`
  return (
    <svg className={css['spark']} viewBox={`0 0 100 ${height}`} preserveAspectRatio="none" aria-hidden>
      <path className={css['area']} d={`${line}L100 ${height}L0 ${height}Z`} />
      <path d={line} />
    </svg>
  )
}

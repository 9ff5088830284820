// Shares that always add up to everybody: what one gains, others lose. Beneath, who would move.
import { useRef } from 'react'
import type { Strategy } from '../../../core/model/flag.ts'
import { weightTotal } from '../../../core/model/limits.ts'
import { percent } from '../messages/catalogue.ts'
import { editing } from '../messages/editing.ts'
import { targeting as words } from '../messages/targeting.ts'
import { Button } from '../ui/button.tsx'
import { join } from '../ui/join.ts'
import { fill, Variation } from '../ui/marks.tsx'
import css from './percentages.module.css'
import { colourOf, type Named, variationName } from './text.ts'
import {
  allShares,
  type Band,
  bandsOf,
  evenly,
  movedShare,
  type Rollout,
  type Share,
  withShares,
  withWeight,
} from './weights.ts'

const { editor } = editing
const percentTotal = 100
const shownFrom = 8_000

interface PercentagesProps {
  readonly flag: Named
  /** As it is stored; undefined for a new rule. */
  readonly before: Strategy | undefined
  readonly now: Rollout
  /** The smallest step, of 100,000. */
  readonly step: number
  readonly onChange: (rollout: Rollout) => void
}

const nameOf = (flag: Named, { variationId }: Pick<Share, 'variationId'>) =>
  variationId === null ? words.rest : variationName(flag, variationId)
const colourAt = (flag: Named, id: string | null | undefined) => (id ? colourOf(flag, id) : -1)

export function Percentages({ flag, before, now, step, onChange }: PercentagesProps) {
  const shares = withAll(flag, allShares(now))
  const set = (next: readonly Share[]) => onChange(withShares(now, next))
  const wasOf = (id: string | null): number | undefined =>
    before && allSharesOf(before).find(({ variationId }) => variationId === id)?.weight
  const hasRest = shares.some(({ variationId }) => variationId === null)
  return (
    <div className={css['editor']}>
      <Bar flag={flag} shares={shares} step={step} onChange={set} />
      <div className={css['shares']}>
        {shares.map((share, place) => {
          const { variationId, weight } = share
          const name = nameOf(flag, share)
          const was = wasOf(variationId) ?? 0
          return (
            <div key={variationId ?? ''}>
              <Variation name={name} colour={colourAt(flag, variationId)} />
              <span>
                <input
                  type="number"
                  aria-label={editor.share(name)}
                  min={0}
                  max={percentTotal}
                  step={(step / weightTotal) * percentTotal}
                  value={(weight / weightTotal) * percentTotal}
                  onChange={(event) =>
                    set(
                      withWeight(
                        shares,
                        place,
                        (Number(event.target.value) / percentTotal) * weightTotal,
                        step,
                      ),
                    )
                  }
                />
                {' %'}
              </span>
              <small>
                {before && (was === weight ? editor.asBefore : editor.was(percent(was / weightTotal)))}
              </small>
            </div>
          )
        })}
      </div>
      <div className={css['actions']}>
        <Button small look="ghost" onClick={() => set(evenly(shares, step))}>
          {editor.evenly}
        </Button>
        {!hasRest && (
          <Button
            small
            look="ghost"
            title={editor.addRestHint}
            onClick={() => {
              const all = [...shares, { variationId: null, weight: 0 }]
              set(withWeight(all, all.length - 1, weightTotal / 10, step))
            }}
          >
            {editor.addRest}
          </Button>
        )}
      </div>
      {before && <Moves flag={flag} bands={bandsOf(before, now)} />}
    </div>
  )
}

/** Every variation can be given a share. */
function withAll({ variations }: Named, shares: readonly Share[]): Share[] {
  const named = shares.filter(({ variationId }) => variationId !== null)
  const rest = shares.filter(({ variationId }) => variationId === null)
  const missing = variations.filter(({ id }) => !named.some(({ variationId }) => variationId === id))
  return [...named, ...missing.map(({ id }) => ({ variationId: id, weight: 0 })), ...rest]
}

const allSharesOf = (strategy: Strategy): Share[] =>
  strategy.kind === 'fixed'
    ? [{ variationId: strategy.variationId, weight: weightTotal }]
    : allShares(strategy)

interface BarProps {
  readonly flag: Named
  readonly shares: readonly Share[]
  readonly step: number
  readonly onChange: (shares: readonly Share[]) => void
}

/** Borders are sliders: they move with the pointer and with the arrow keys. */
function Bar({ flag, shares, step, onChange }: BarProps) {
  const bar = useRef<HTMLDivElement>(null)
  const borders = shares
    .slice(0, -1)
    .map((_, i) => shares.slice(0, i + 1).reduce((sum, { weight }) => sum + weight, 0))
  const move = (place: number, to: number) => {
    const start = borders[place - 1] ?? 0
    const end = borders[place + 1] ?? weightTotal
    const rounded = Math.round(Math.min(end, Math.max(start, to)) / step) * step
    const weight = rounded - start
    onChange(
      shares.map((share, i) =>
        i === place ? { ...share, weight } : i === place + 1 ? { ...share, weight: end - rounded } : share,
      ),
    )
  }
  return (
    <div className={css['bar']} ref={bar}>
      {shares.map((share) => {
        const colour = colourAt(flag, share.variationId)
        return (
          <i
            key={share.variationId ?? ''}
            className={join(css['part'], fill(colour))}
            style={{
              flexGrow: share.weight,
              color: colour < 0 ? 'var(--ink-2)' : `var(--on-v${colour % 7})`,
            }}
          >
            {share.weight >= shownFrom && percent(share.weight / weightTotal)}
          </i>
        )
      })}
      {borders.map((border, place) => (
        <span
          key={shares[place]!.variationId ?? ''}
          className={css['handle']}
          style={{ left: `${(border / weightTotal) * 100}%` }}
          role="slider"
          tabIndex={0}
          aria-label={editor.between(nameOf(flag, shares[place]!), nameOf(flag, shares[place + 1]!))}
          aria-valuemin={0}
          aria-valuemax={percentTotal}
          aria-valuenow={(border / weightTotal) * percentTotal}
          onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
          onPointerMove={(event) => {
            const box = bar.current?.getBoundingClientRect()
            if (!box || !event.currentTarget.hasPointerCapture(event.pointerId)) return
            move(place, ((event.clientX - box.left) / box.width) * weightTotal)
          }}
          onKeyDown={(event) => {
            const by = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0
            if (by === 0) return
            event.preventDefault()
            move(place, border + by * Math.max(step, weightTotal / percentTotal))
          }}
        />
      ))}
    </div>
  )
}

function Moves({ flag, bands }: { flag: Named; bands: readonly Band[] }) {
  const share = movedShare(bands)
  if (share === 0) return null
  const moving = bands.filter(({ before, after }) => before !== after)
  const colour = (id: string | undefined) =>
    id === undefined ? 'var(--line-2)' : `var(--v${colourOf(flag, id) % 7})`
  return (
    <div className={css['moves']}>
      <span>
        <strong>{editor.moves(percent(share))}</strong> {editor.movesNobody}
      </span>
      <svg
        viewBox={`0 0 ${weightTotal} 46`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${editor.movesPicture}: ${moving
          .map(({ from, to, before, after }) => {
            const [left, right] = [before, after].map((id) => nameOf(flag, { variationId: id ?? null }))
            return `${percent(from / weightTotal)}–${percent(to / weightTotal)} ${left} → ${right}`
          })
          .join('; ')}`}
      >
        {bands.map(({ from, to, before, after }) => {
          const place = { x: from, width: Math.max(0, to - from - 250) }
          const isSame = before === after
          return (
            <g key={from}>
              <rect {...place} y="0" height="12" fill={colour(before)} opacity={isSame ? 0.35 : 1} />
              <rect {...place} y="34" height="12" fill={colour(after)} opacity={isSame ? 0.35 : 1} />
              {!isSame && <rect {...place} y="14" height="18" fill={colour(after)} opacity="0.22" />}
            </g>
          )
        })}
      </svg>
    </div>
  )
}

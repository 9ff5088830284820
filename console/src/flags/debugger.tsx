// Why somebody gets what they get: the way through the flag, and the bucket on a bar from 0 to 100.
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Columns2, Link2, User } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { Flag } from '../../../core/model/flag.ts'
import type { EvaluatedFlag } from '../../../workers/control/api/flag-answers.ts'
import { ask, pathOf } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { debugging as words } from '../messages/debugging.ts'
import { Button } from '../ui/button.tsx'
import { Chip, Variation } from '../ui/marks.tsx'
import { Section } from '../ui/page.tsx'
import { Empty, Loaded } from '../ui/states.tsx'
import { toast } from '../ui/toasts.tsx'
import {
  type DebugContext,
  emptyContext,
  fromJson,
  keepContext,
  recentContexts,
  toJson,
  toSent,
} from './context.ts'
import { ContextForm } from './context-form.tsx'
import css from './debugger.module.css'
import { Path } from './path.tsx'
import { colourOf, variationName } from './text.ts'
import { useFlag } from './use-flag.ts'

/** In the address, so that a link shows the same. */
export interface DebuggerSearch {
  /** A context as JSON. */
  readonly context?: string
  readonly revision?: number
  readonly other?: string
  readonly otherRevision?: number
}

interface Asked {
  readonly context: string
  readonly revision: number | undefined
}

export default function FlagDebugger() {
  const environment = useEnvironmentId()
  const flag = useFlag()
  const search = useSearch({ strict: false }) as DebuggerSearch
  const navigate = useNavigate()
  const [isComparing, setIsComparing] = useState(search.other !== undefined)
  const go = (next: DebuggerSearch) =>
    void navigate({
      to: '.',
      search: ((was: DebuggerSearch) => ({ ...was, ...next })) as never,
      replace: true,
    })
  const first =
    search.context === undefined ? undefined : { context: search.context, revision: search.revision }
  const second =
    search.other === undefined ? undefined : { context: search.other, revision: search.otherRevision }
  const copyLink = () => {
    void navigator.clipboard.writeText(location.href)
    toast({ text: words.linkCopied })
  }
  const stop = () => {
    setIsComparing(false)
    go({ other: undefined, otherRevision: undefined } as never)
  }
  return (
    <div className={css['debug']}>
      <aside className={css['context']} aria-label={words.context}>
        <Ask
          key={search.context}
          asked={first}
          onAsk={({ context, revision }) => go({ context, revision } as never)}
        />
        {isComparing && (
          <Ask
            key={`other ${search.other}`}
            asked={second ?? first}
            onAsk={({ context, revision }) => go({ other: context, otherRevision: revision } as never)}
          />
        )}
        <Recent environment={environment} onPick={(context) => go({ context })} />
      </aside>
      <div className={css['answers']} data-two={second !== undefined || undefined}>
        {first ? (
          <>
            <div className={css['actions']}>
              <Button small onClick={copyLink}>
                <Link2 size={13} aria-hidden />
                {words.copyLink}
              </Button>
              <Button small onClick={isComparing ? stop : () => setIsComparing(true)}>
                <Columns2 size={13} aria-hidden />
                {isComparing ? words.stopComparing : words.compare}
              </Button>
            </div>
            <Answer flag={flag} asked={first} />
            {second && <Answer flag={flag} asked={second} />}
          </>
        ) : (
          <Empty title={words.empty}>{words.emptyHint}</Empty>
        )}
      </div>
    </div>
  )
}

function Ask({ asked, onAsk }: { asked: Asked | undefined; onAsk: (asked: Asked) => void }) {
  const environment = useEnvironmentId()
  const [context, setContext] = useState<DebugContext>(() => fromJson(asked?.context ?? '') ?? emptyContext)
  const [revision, setRevision] = useState(asked?.revision)
  const submit = (sent: DebugContext) => {
    const text = JSON.stringify(JSON.parse(toJson(sent)))
    keepContext(environment, text)
    onAsk({ context: text, revision })
  }
  return (
    <ContextForm
      context={context}
      revision={revision}
      onChange={setContext}
      onRevision={setRevision}
      onSubmit={submit}
    />
  )
}

function Recent({ environment, onPick }: { environment: string; onPick: (context: string) => void }) {
  const [recent, setRecent] = useState<readonly string[]>([])
  const search = useSearch({ strict: false }) as DebuggerSearch
  useEffect(() => setRecent(recentContexts(environment)), [environment, search.context])
  if (recent.length === 0) return null
  return (
    <div>
      <Section title={words.recent} hint={words.recentHint} />
      <div className={css['recent']}>
        {recent.map((context) => (
          <button key={context} type="button" onClick={() => onPick(context)}>
            <User size={13} aria-hidden />
            <span>{titleOf(context)}</span>
          </button>
        ))}
      </div>
    </div>
  )
}

function titleOf(text: string): string {
  const { targetingKey = '', attributes = [] } = fromJson(text) ?? {}
  return [targetingKey, ...attributes.map(([name, value]) => `${name} ${value}`)].filter(Boolean).join(', ')
}

function Answer({ flag, asked: { context, revision } }: { flag: Flag; asked: Asked }) {
  const environment = useEnvironmentId()
  const sent = toSent(fromJson(context) ?? emptyContext)
  const query = useQuery({
    queryKey: [environment, 'evaluate', flag.key, context, revision],
    queryFn: () =>
      ask<{ revision: number; results: EvaluatedFlag[][] }>('POST', pathOf(environment, 'evaluate'), {
        body: { contexts: [sent], flags: [flag.key], ...(revision !== undefined && { revision }) },
      }),
  })
  return (
    <section className={css['answer-part']}>
      <Loaded query={query}>
        {({ revision: decidedAt, results }) => {
          const result = results[0]?.[0]
          return (
            result && (
              <>
                <header className={css['answer']}>
                  <strong>
                    {result.variationId ? (
                      <Variation
                        name={variationName(flag, result.variationId)}
                        colour={colourOf(flag, result.variationId)}
                      />
                    ) : (
                      words.noVariation
                    )}
                  </strong>
                  {result.value !== undefined && (
                    <code className={css['value']}>{JSON.stringify(result.value)}</code>
                  )}
                  <Chip>{result.reason}</Chip>
                  <p>
                    {titleOf(context)} · {reasonText(result.reason)} · {words.at(decidedAt)}
                  </p>
                  {result.error && <p>{result.error.message}</p>}
                </header>
                {result.why && <Path flag={flag} result={result} why={result.why} />}
              </>
            )
          )
        }}
      </Loaded>
    </section>
  )
}

const reasonText = (reason: string): string =>
  Object.hasOwn(words.reasons, reason) ? words.reasons[reason as keyof typeof words.reasons] : reason

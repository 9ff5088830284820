// The environment as a file, and files of this and other systems into it: first the plan, then the change.
import { useQuery } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { useState } from 'react'
import { askText, pathOf } from '../api/client.ts'
import { useEnvironmentId, useMay } from '../api/place.ts'
import { ConfirmChange } from '../change/confirm-change.tsx'
import { Plan } from '../change/plan.tsx'
import { common } from '../messages/common.ts'
import { transfer as words } from '../messages/transfer.ts'
import { Button } from '../ui/button.tsx'
import { Checkbox, Field, SelectField } from '../ui/fields.tsx'
import { Note, Page, Section } from '../ui/page.tsx'
import { saveFile } from '../ui/save-file.ts'
import { Refusal } from '../ui/states.tsx'
import { Findings, Steps } from './findings.tsx'
import { sendImport } from './send-import.ts'
import { type Source, sourceOf, sources, typeOf } from './source-of.ts'
import css from './transfer.module.css'

const fileBytesMax = 16 * 1024 * 1024

export default function TransferPage() {
  const canEdit = useMay('editor')
  return (
    <Page title={words.title} lead={words.lead}>
      <div className={css['page']}>
        <Import canEdit={canEdit} />
        <Export />
      </div>
    </Page>
  )
}

function Export() {
  const environment = useEnvironmentId()
  const [error, setError] = useState<unknown>()
  const save = async (ending: 'yaml' | 'json') => {
    const type = `application/${ending}`
    try {
      const text = await askText('GET', pathOf(environment, 'export'), { headers: { accept: type } })
      saveFile(`${environment}.${ending}`, new Blob([text], { type }))
    } catch (cause) {
      setError(cause)
    }
  }
  return (
    <section>
      <Section title={words.export} hint={words.exportHint} />
      <div className={css['row']}>
        <Button onClick={() => void save('yaml')}>
          <Download size={14} aria-hidden />
          {words.asYaml}
        </Button>
        <Button onClick={() => void save('json')}>
          <Download size={14} aria-hidden />
          {words.asJson}
        </Button>
      </div>
      {error !== undefined && <Refusal error={error} />}
    </section>
  )
}

interface Read {
  readonly name: string
  readonly text: string
  readonly size: number
}

function Import({ canEdit }: { canEdit: boolean }) {
  const environment = useEnvironmentId()
  const [file, setFile] = useState<Read>()
  const [source, setSource] = useState<Source>()
  const [replace, setReplace] = useState(false)
  const [caseInsensitive, setCaseInsensitive] = useState(false)
  const [isAsked, setIsAsked] = useState(false)
  const isTooLarge = file !== undefined && file.size > fileBytesMax

  const take = async (chosen: File | undefined) => {
    const text = chosen && chosen.size <= fileBytesMax ? await chosen.text() : ''
    setFile(chosen && { name: chosen.name, text, size: chosen.size })
    setSource(sourceOf(text))
  }
  const send = (options: {
    dryRun?: boolean
    comment?: string
    experiment?: 'stop' | 'new-phase' | undefined
  }) =>
    sendImport(
      environment,
      { source: source!, text: file!.text, type: typeOf(file!.text), replace, caseInsensitive },
      options,
    )
  const plan = useQuery({
    queryKey: ['dry-run', environment, 'import', file, source, replace, caseInsensitive],
    enabled: file !== undefined && source !== undefined && !isTooLarge && canEdit,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
    queryFn: () => send({ dryRun: true, comment: 'dry run', experiment: 'stop' }),
  })
  return (
    <section>
      <Section title={words.import} hint={words.importHint} />
      <div className={css['fields']}>
        <Field label={words.file} hint={words.fileHint} {...(isTooLarge && { problem: words.tooLarge })}>
          {(parts) => (
            <input
              {...parts}
              type="file"
              className={css['file']}
              accept=".json,.yaml,.yml,application/json,application/yaml"
              disabled={!canEdit}
              onChange={(event) => void take(event.target.files?.[0])}
            />
          )}
        </Field>
        {!canEdit && <Note tone="info">{common.needsRole(common.roleEditor)}</Note>}
        {file && !isTooLarge && (
          <SelectField
            label={words.source}
            problem={source === undefined ? words.unknown : undefined}
            value={source ?? ''}
            onChange={(event) => setSource(sources.find((each) => each === event.target.value))}
          >
            <option value="">{words.choose}</option>
            {sources.map((each) => (
              <option key={each} value={each}>
                {words.sources[each]}
              </option>
            ))}
          </SelectField>
        )}
        {source !== undefined && source !== 'tackline' && (
          <Checkbox
            label={words.replace}
            hint={words.replaceHint}
            checked={replace}
            onChange={(event) => setReplace(event.target.checked)}
          />
        )}
        {source === 'flagship-io' && (
          <Checkbox
            label={words.caseInsensitive}
            hint={words.caseInsensitiveHint}
            checked={caseInsensitive}
            onChange={(event) => setCaseInsensitive(event.target.checked)}
          />
        )}
      </div>
      {plan.isFetching && <p className={css['quiet']}>{words.reading}</p>}
      {plan.error && <Refusal error={plan.error} />}
      {plan.data && !plan.isFetching && (
        <div className={css['plan']} role="region" aria-label={words.plan}>
          {!plan.data.changed ? (
            <Note tone="info">{words.nothing}</Note>
          ) : (
            <>
              <div>
                <Section title={words.plan} hint={words.counts(plan.data.entity)}>
                  <Button look="primary" onClick={() => setIsAsked(true)}>
                    {words.apply}
                  </Button>
                </Section>
                <Plan changes={plan.data.changes ?? []} />
              </div>
            </>
          )}
          <Steps plan={plan.data.plan} />
          <Findings groups={plan.data.groups ?? []} count={plan.data.findingCount ?? 0} />
        </div>
      )}
      {isAsked && plan.data && (
        <ConfirmChange
          title={words.apply}
          verb={words.apply}
          done={words.applied}
          run={send}
          onClose={() => setIsAsked(false)}
          onDone={() => setFile(undefined)}
        >
          <p>
            <b>{words.counts(plan.data.entity)}</b>. {words.applyHint}
          </p>
        </ConfirmChange>
      )}
    </section>
  )
}

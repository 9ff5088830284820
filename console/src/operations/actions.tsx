// What the tables of operations share: the way to a flag, and actions that are requests below an entity's
// path.
import { Link } from '@tanstack/react-router'
import { change, pathOf } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import type { ChangeAsked } from '../change/confirm-change.tsx'
import { removeAction } from '../change/remove-action.ts'
import type { AskedAction, RowAction } from '../change/row-actions.tsx'
import { operations as words } from '../messages/operations.ts'
import { nameOf } from './lanes.ts'

const { buttons } = words

export function FlagLink({ flagKey }: { flagKey: string }) {
  const environment = useEnvironmentId()
  return (
    <Link to="/environments/$environment/flags/$flag" params={{ environment, flag: flagKey }}>
      <code>{flagKey}</code>
    </Link>
  )
}

type Actionable = Parameters<typeof nameOf>[0] & { readonly version: number }

/** Makes the actions of an entity: `POST` to a path below it, and its removal. */
export function actionsOf(environment: string, plural: string, entity: Actionable) {
  const { id, version } = entity
  const shown = nameOf(entity)
  const path = pathOf(environment, plural, id)
  const post = (step: string, text: string, hint: string, more: Partial<AskedAction> = {}): RowAction => ({
    text,
    hint,
    done: words.doneText(text, shown),
    run: (asked: ChangeAsked) => change('POST', `${path}/${step}`, asked),
    ...more,
  })
  const remove = removeAction({
    path,
    version,
    shown,
    text: buttons.remove,
    done: words.doneText(buttons.remove, shown),
    typedName: id,
  })
  return { post, remove, path, shown }
}

// The menu of a row: what is done to it seldom. Base UI's menu: roving focus, typeahead, placement.
import { Menu } from '@base-ui/react/menu'
import { Ellipsis } from 'lucide-react'
import { common } from '../messages/common.ts'
import button from '../ui/ui.module.css'
import { join } from '../ui/join.ts'
import css from '../ui/menu.module.css'

interface MoreActionsProps<Action> {
  /** Names the row, for screen readers. */
  readonly label: string
  readonly actions: readonly Action[]
  readonly canEdit: boolean
  readonly onChoose: (action: Action) => void
}

export const MoreActions = <Action extends { readonly text: string }>({
  label,
  actions,
  canEdit,
  onChoose,
}: MoreActionsProps<Action>) => (
  <Menu.Root>
    <Menu.Trigger
      className={join(button['button'], button['plain'], button['small'], button['icon'])}
      aria-label={`${common.more}: ${label}`}
      title={canEdit ? common.more : common.needsRole(common.roleEditor)}
      disabled={!canEdit}
    >
      <Ellipsis size={14} aria-hidden />
    </Menu.Trigger>
    <Menu.Portal>
      <Menu.Positioner sideOffset={4} align="end" className={css['positioner']}>
        <Menu.Popup className={css['popup']} data-slim>
          {actions.map((action) => (
            <Menu.Item key={action.text} className={css['item']} onClick={() => onChoose(action)}>
              {action.text}
            </Menu.Item>
          ))}
        </Menu.Popup>
      </Menu.Positioner>
    </Menu.Portal>
  </Menu.Root>
)

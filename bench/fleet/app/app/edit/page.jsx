import { editItem } from './edit-item';

/** A form that names the action to whoever wants to call it. */
export default function Page() {
  return <form action={editItem} />;
}

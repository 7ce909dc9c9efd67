/** The name of an instance in its own colour. */
export function InstanceChip({ name }: { name: string }) {
  return (
    <span className="chip" data-instance={name}>
      {name}
    </span>
  );
}

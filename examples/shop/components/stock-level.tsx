/** How many are left, in words that get more urgent as the shelf empties. */
export function StockLevel({ left }: { left: number | undefined }) {
  const { level, words } = describe(left);
  return (
    <span className={`stock ${level}`} data-stock={left}>
      {words}
    </span>
  );
}

function describe(left: number | undefined) {
  if (left === undefined) return { level: 'unknown', words: 'Stock unknown' };
  if (left === 0) return { level: 'gone', words: 'Sold out' };
  if (left < 25) return { level: 'low', words: `Only ${left} left` };
  return { level: 'good', words: `${left} in stock` };
}

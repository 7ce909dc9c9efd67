import { timeOfDay } from '@/shop/clock';
import { requestBegan } from '@/shop/request';
import type { Generated } from '@/shop/types';
import { Age } from './age';
import { InstanceChip } from './instance-chip';
import { ReportBlock } from './frame/report-block';

interface GeneratedNoteProps {
  block: string;
  directive: 'use cache' | 'use cache: remote';
  tags: string;
  of: Generated<unknown>;
}

/** Says where and when the data of one cached block was generated. */
export function GeneratedNote({ block, directive, tags, of }: GeneratedNoteProps) {
  const now = Date.now();
  const generated = Date.parse(of.generatedAt);
  return (
    <p className="note" title={`'${directive}' · tags: ${tags}`}>
      <span className="note-block">{block}</span>
      <span>
        generated <time dateTime={of.generatedAt}>{timeOfDay(of.generatedAt)}</time> by{' '}
        <InstanceChip name={of.generatedBy} />,{' '}
        <Age key={now} milliseconds={Math.max(0, now - generated)} />
      </span>
      <ReportBlock
        key={now}
        block={block}
        by={of.generatedBy}
        at={of.generatedAt}
        fresh={generated >= requestBegan()}
      />
    </p>
  );
}

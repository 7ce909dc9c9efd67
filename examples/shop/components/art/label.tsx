import type { Motif } from '@/shop/types';
import { MotifDrawing } from './motif';

interface LabelProps {
  text: string;
  motif: Motif;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The paper label on a vessel: an ornament above the short name of the product. */
export function Label({ text, motif, x, y, width, height }: LabelProps) {
  const middle = x + width / 2;
  const scale = Math.min(1, (width - 16) / 64, (height - 30) / 30);
  const letters = text.toUpperCase();
  const size = Math.min(13, ((width - 14) / letters.length) * 1.2);
  return (
    <g>
      <rect className="paper" x={x} y={y} width={width} height={height} />
      <rect className="rule" x={x + 3.5} y={y + 3.5} width={width - 7} height={height - 7} />
      <g transform={`translate(${middle} ${y + (height - 18) / 2 + 1}) scale(${scale})`}>
        <MotifDrawing motif={motif} />
      </g>
      <text className="name" x={middle} y={y + height - 10} fontSize={size}>
        {letters}
      </text>
    </g>
  );
}

import type { ReactElement } from 'react';
import type { Product, Shape } from '@/shop/types';
import { Label } from './label';

/** What a vessel needs to know of the product inside. */
export type Contents = Pick<Product, 'id' | 'label' | 'motif'>;

/* Vessels stand on y = 222 of a 200 by 240 canvas. */
const vessels: Record<Shape, (contents: Contents) => ReactElement> = {
  jar: ({ id, label, motif }) => (
    <>
      <path
        className="glass"
        d="M66 66h68v12q18 6 18 26v100q0 18-18 18H66q-18 0-18-18V104q0-20 18-26z"
      />
      <path className="fill" d="M53 104q0-10 8-16h78q8 6 8 16v98q0 15-15 15H68q-15 0-15-15z" />
      <path className="deep" d="M61 88h78q5 4 7 10H54q2-6 7-10z" />
      {id % 2 ? (
        <>
          <path
            className="cloth"
            d="M58 40h84l14 40q-7 7-14 0t-14 0-14 0-14 0-14 0-14 0-14 0-14 0z"
          />
          <path className="thread" d="M54 62h92" />
          <path className="clothfold" d="M76 40l-8 40M100 40v40M124 40l8 40" />
        </>
      ) : (
        <>
          <rect className="metal" x="58" y="44" width="84" height="26" rx="5" />
          <path
            className="ridge"
            d="M68 48v18M78 48v18M88 48v18M98 48v18M108 48v18M118 48v18M128 48v18"
          />
        </>
      )}
      <path className="shine" d="M60 106q0-6 4-9v112q-4-3-4-10z" />
      <Label text={label} motif={motif} x={48} y={122} width={104} height={66} />
    </>
  ),
  bottle: ({ id, label, motif }) => (
    <>
      <rect className={id % 2 ? 'cork' : 'metal'} x="88" y="14" width="24" height="24" rx="3" />
      <path
        className="deep"
        d="M86 34h28v42q0 10 12 18 12 9 12 26v86q0 16-14 16H76q-14 0-14-16v-86q0-17 12-26 12-8 12-18z"
      />
      <path
        className="fill"
        d="M90 62h20v16q0 12 13 20 11 8 11 24v82q0 13-11 13H77q-11 0-11-13v-82q0-16 11-24 13-8 13-20z"
      />
      <rect className="band" x="86" y="42" width="28" height="12" />
      <path className="shine" d="M72 122q0-9 6-14v108q-6-1-6-10z" />
      <Label text={label} motif={motif} x={62} y={128} width={76} height={68} />
    </>
  ),
  tin: ({ label, motif }) => (
    <>
      <path className="fill" d="M46 74v134q0 14 54 14t54-14V74z" />
      <path className="deep" d="M46 190v18q0 14 54 14t54-14v-18q0 12-54 12t-54-12z" />
      <path className="band" d="M46 88v8q0 12 54 12t54-12v-8q0 12-54 12T46 88z" />
      <path className="metal" d="M42 54v18q0 14 58 14t58-14V54z" />
      <ellipse className="metaltop" cx="100" cy="54" rx="58" ry="14" />
      <ellipse className="rim" cx="100" cy="53" rx="46" ry="9" />
      <path className="shine" d="M52 98v108q3 4 8 6V102z" />
      <Label text={label} motif={motif} x={58} y={120} width={84} height={66} />
    </>
  ),
  bag: ({ label, motif }) => (
    <>
      <path className="fill" d="M56 62h88l10 148q1 12-10 12H56q-11 0-10-12z" />
      <path className="deep" d="M56 62h14l-8 160h-6q-11 0-10-12zM144 62h-14l8 160h6q11 0 10-12z" />
      <path className="fill" d="M60 30h80l4 34H56z" />
      <path className="crease" d="M58 42h84M57 53h86" />
      <path className="tie" d="M50 59h100v9H50z" />
      <circle className="valve" cx="100" cy="92" r="5" />
      <path className="shine" d="M74 72h7l-5 140h-7z" />
      <Label text={label} motif={motif} x={62} y={112} width={76} height={78} />
    </>
  ),
  shaker: ({ label, motif }) => (
    <>
      <path className="glass" d="M60 92h80v118q0 12-12 12H72q-12 0-12-12z" />
      <path className="fill" d="M65 108h70v99q0 10-10 10H75q-10 0-10-10z" />
      <path className="deep" d="M65 108q18-8 35 0t35 0v8H65z" />
      <path className="metal" d="M56 66q0-14 14-14h60q14 0 14 14v28H56z" />
      <path className="metaltop" d="M66 53q0-15 34-15t34 15z" />
      {[84, 95, 106, 117].map((x) => (
        <circle key={x} className="hole" cx={x} cy="47" r="1.9" />
      ))}
      <path
        className="ridge"
        d="M64 72v18M74 72v18M84 72v18M94 72v18M104 72v18M114 72v18M124 72v18M134 72v18"
      />
      <path className="shine" d="M70 104h6v112h-2q-4-2-4-8z" />
      <Label text={label} motif={motif} x={60} y={132} width={80} height={62} />
    </>
  ),
  box: ({ label, motif }) => (
    <>
      <path className="deep" d="M138 46l20-12v176l-20 12z" />
      <path className="lid" d="M50 46l20-12h88l-20 12z" />
      <rect className="fill" x="50" y="46" width="88" height="176" />
      <path className="pane" d="M66 132v-34a28 28 0 0 1 56 0v34z" />
      {[74, 84, 94, 104, 114].map((x) => (
        <path
          key={x}
          className="strand"
          d={`M${x} 132v-${x === 94 ? 50 : x === 84 || x === 104 ? 46 : 34}`}
        />
      ))}
      <path className="shine" d="M54 46h6v176h-6z" />
      <Label text={label} motif={motif} x={50} y={140} width={88} height={64} />
    </>
  ),
};

/** The container a product is sold in, as SVG shapes. */
export function Vessel({ shape, contents }: { shape: Shape; contents: Contents }) {
  return vessels[shape](contents);
}

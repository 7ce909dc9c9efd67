'use client';

import { useEffect } from 'react';
import { tellFrame } from './messages';

interface ReportBlockProps {
  block: string;
  by: string;
  at: string;
  fresh: boolean;
}

/** Reports where the data of a block came from to the page that frames the shop; shows nothing. */
export function ReportBlock({ block, by, at, fresh }: ReportBlockProps) {
  useEffect(
    () => tellFrame({ type: 'block', path: window.location.pathname, block, by, at, fresh }),
    [block, by, at, fresh],
  );
  return null;
}

import { useMemo } from 'react';
import type { Schemas } from '../../api/client';
import { Chart } from '../../ui/Chart';
import { courseOf } from './course';
import styles from './Standing.module.css';

const height = 200;

/** The score over time, with the lines below which each worse level begins. */
export function Course({ reputation, at }: { reputation: Schemas['Reputation']; at: number }) {
    const { history, score, margins } = reputation;
    const course = useMemo(() => courseOf(history ?? [], score, margins, at), [history, score, margins, at]);
    return course === null ? (
        <p className={styles.quiet}>Its course over time is drawn once its jobs have ended.</p>
    ) : (
        <Chart label={course.summary} x={course.x} series={course.series} height={height} />
    );
}

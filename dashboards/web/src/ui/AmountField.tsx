import type { ReactNode } from 'react';
import type { Token } from '../text/amount';
import { Field } from './Field';

interface Props {
    label?: string;
    token: Token | null;
    hint?: ReactNode;
    error: string | null;
    typed: string;
    placeholder?: string | undefined;
    onType: (typed: string) => void;
}

/** A field for an amount, in the market's token or in base units where it has none; `readAmount` says what was typed. */
export const AmountField = ({ label = 'Amount', token, hint, error, typed, placeholder, onType }: Props) => (
    <Field label={`${label}, in ${token?.symbol ?? 'base units'}`} hint={hint} error={error}>
        {(ids) => (
            <input
                {...ids}
                inputMode="decimal"
                value={typed}
                placeholder={placeholder}
                onChange={(event) => onType(event.target.value)}
            />
        )}
    </Field>
);

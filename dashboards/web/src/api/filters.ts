import { useSearchParams } from 'wouter';

/** What a list is asked for stands in the address, so that a link shows the same. An empty value is none. */
export function useFilters(): [URLSearchParams, (name: string, value: string) => void] {
    const [search, setSearch] = useSearchParams();
    const set = (name: string, value: string) =>
        setSearch(
            (before) => {
                const next = new URLSearchParams(before);
                if (value === '') {
                    next.delete(name);
                } else {
                    next.set(name, value);
                }
                return next;
            },
            { replace: true },
        );
    return [search, set];
}

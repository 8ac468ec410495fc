/** A market that only this machine reaches. */
export const isLocal = (hostname: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);

/** The address at which the browser sees the market, as a worker on the way to it has to name it. */
export function commandOf({ origin, protocol, hostname }: Pick<Location, 'origin' | 'protocol' | 'hostname'>): string {
    const plain = protocol === 'http:' && !isLocal(hostname) ? ' --allow-plaintext' : '';
    return `dotnet run --project worker -- --url ${origin}${plain}`;
}

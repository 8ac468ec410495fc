namespace Marketplace.Storage;

/// <summary>
/// Which keys may exist, so that the first look at a new key touches no table. A split-block Bloom filter: one cache line a key, one bit
/// in each of its eight words (Putze, Sanders, Singler 2007). Full parts are followed by larger ones. Adding needs the store's gate;
/// asking needs nothing. Until <see cref="Complete"/> is set every key may exist.
/// </summary>
internal sealed class KeyFilter
{
    /// <summary>About one wrong "maybe" in 400 for a full part; a wrong "maybe" costs one look into the tables.</summary>
    private const int BitsPerKey = 12;
    private const int WordsPerBlock = 8;
    private const long FirstPartKeys = 1 << 16;

    private Part[] _parts;
    private volatile bool _complete;

    public KeyFilter(long expectedKeys) => _parts = [new Part(Math.Max(FirstPartKeys, 2 * expectedKeys))];

    /// <summary>Set once every key of the tables has been added.</summary>
    public bool Complete
    {
        get => _complete;
        set => _complete = value;
    }

    public void Add(long hash)
    {
        // A key that comes back from the tables into memory must not use up room again.
        if (IsIn(Spread(hash)))
        {
            return;
        }
        var last = _parts[^1];
        if (last.Count == last.Capacity)
        {
            last = new Part(2 * last.Capacity);
            Volatile.Write(ref _parts, [.. _parts, last]);
        }
        last.Add(Spread(hash));
    }

    public bool MayContain(long hash) => !_complete || IsIn(Spread(hash));

    private bool IsIn(ulong spread)
    {
        foreach (var part in Volatile.Read(ref _parts))
        {
            if (part.MayContain(spread))
            {
                return true;
            }
        }
        return false;
    }

    private static ulong Spread(long hash) => unchecked((ulong)hash * 0x9E3779B97F4A7C15);

    private sealed class Part
    {
        private readonly ulong[] _words;
        private readonly uint _blocks;

        public Part(long capacity)
        {
            Capacity = capacity;
            _blocks = checked((uint)Math.Max(1, capacity * BitsPerKey / (64 * WordsPerBlock)));
            _words = new ulong[(long)_blocks * WordsPerBlock];
        }

        public long Capacity { get; }
        public long Count { get; private set; }

        public void Add(ulong hash)
        {
            var block = BlockOf(hash);
            for (var word = 0; word < WordsPerBlock; word++)
            {
                _words[block + word] |= Bit(hash, word);
            }
            Count++;
        }

        public bool MayContain(ulong hash)
        {
            var block = BlockOf(hash);
            for (var word = 0; word < WordsPerBlock; word++)
            {
                if ((Volatile.Read(ref _words[block + word]) & Bit(hash, word)) == 0)
                {
                    return false;
                }
            }
            return true;
        }

        private long BlockOf(ulong hash) => (long)(((hash >> 32) * _blocks) >> 32) * WordsPerBlock;

        // Six bits of the low half for each word, after a multiplication of its own (the constants are odd and arbitrary).
        private static ulong Bit(ulong hash, int word) => 1UL << (int)(((uint)hash * Salts[word]) >> 26);

        private static ReadOnlySpan<uint> Salts =>
            [0x47B6137B, 0x44974D91, 0x8824AD5B, 0xA2B7289D, 0x705495C7, 0x2DF1424B, 0x9EFC4947, 0x5C6BFB31];
    }
}

using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>256 neighbours of one level of the tree, counted in hashes of eight levels of it: what is stored of it, once.</summary>
/// <param name="Level">0: leaves; 1: subtrees of 2^8 leaves; and so on.</param>
/// <param name="Index">Its place among those of its level.</param>
/// <param name="Hashes">All of them.</param>
internal sealed record LedgerTile(int Level, long Index, Bytes32[] Hashes)
{
    public const int Bits = 8;
    public const int HashesMax = 1 << Bits;
}

/// <summary>
/// The Merkle tree of a ledger: of each level the newest tile, which is not full, is here, full ones are in the store. So memory grows with
/// the number of levels, and a proof reads one or two tiles of each.
/// </summary>
internal sealed class LedgerTiles
{
    private readonly List<List<Bytes32>> _tails = [];

    /// <summary>Leaves.</summary>
    public long Size { get; private set; }

    /// <summary>Full tiles that are not in the store yet, oldest first.</summary>
    public Queue<LedgerTile> Unsaved { get; } = new();

    public IReadOnlyList<IReadOnlyList<Bytes32>> Tails => _tails;

    /// <summary>Zero where there are no leaves. Its subtrees all end in newest tiles.</summary>
    public Bytes32 Root =>
        Size == 0
            ? default
            : MerkleLog.HashOf([
                .. MerkleLog.SubtreesOf(new MerkleRange(0, (ulong)Size)).Select(subtree => HashOf(_tails[LevelOf(subtree)], subtree)),
            ]);

    public static LedgerTiles Restore(long size, IEnumerable<List<Bytes32>> tails, IEnumerable<LedgerTile> unsaved)
    {
        var tiles = new LedgerTiles { Size = size };
        tiles._tails.AddRange(tails);
        foreach (var tile in unsaved)
        {
            tiles.Unsaved.Enqueue(tile);
        }
        return tiles;
    }

    /// <summary>How many hashes the newest tile of a level has in a tree of that size.</summary>
    public static int TailOf(long size, int level) => (int)((size >> (LedgerTile.Bits * level)) & (LedgerTile.HashesMax - 1));

    public void Add(Bytes32 leaf)
    {
        Size++;
        var hash = leaf;
        for (var level = 0; ; level++)
        {
            if (level == _tails.Count)
            {
                _tails.Add([]);
            }
            var tail = _tails[level];
            tail.Add(hash);
            if (tail.Count < LedgerTile.HashesMax)
            {
                return;
            }
            Unsaved.Enqueue(new LedgerTile(level, (Size >> (LedgerTile.Bits * (level + 1))) - 1, [.. tail]));
            hash = Fold(tail, 0, tail.Count);
            tail.Clear();
        }
    }

    /// <summary>Which tile a subtree's hash is made of.</summary>
    public static (int Level, long Index) TileOf(MerkleSubtree subtree) => (LevelOf(subtree), (long)(FirstOf(subtree) >> LedgerTile.Bits));

    /// <returns>The tile's hashes, where it is in memory.</returns>
    public IReadOnlyList<Bytes32>? Find(int level, long index) =>
        index == Size >> (LedgerTile.Bits * (level + 1))
            ? _tails[level]
            : Unsaved.FirstOrDefault(tile => tile.Level == level && tile.Index == index)?.Hashes;

    /// <param name="tile">The hashes of its tile.</param>
    /// <param name="subtree">Complete.</param>
    public static Bytes32 HashOf(IReadOnlyList<Bytes32> tile, MerkleSubtree subtree) =>
        Fold(tile, (int)(FirstOf(subtree) & (LedgerTile.HashesMax - 1)), 1 << (subtree.Level % LedgerTile.Bits));

    private static int LevelOf(MerkleSubtree subtree) => subtree.Level / LedgerTile.Bits;

    /// <summary>The first hash of its tile's level that it is made of.</summary>
    private static ulong FirstOf(MerkleSubtree subtree) => subtree.Index << (subtree.Level % LedgerTile.Bits);

    private static Bytes32 Fold(IReadOnlyList<Bytes32> hashes, int first, int count)
    {
        if (count == 1)
        {
            return hashes[first];
        }
        var half = count / 2;
        return MerkleLog.Node(Fold(hashes, first, half), Fold(hashes, first + half, half));
    }
}

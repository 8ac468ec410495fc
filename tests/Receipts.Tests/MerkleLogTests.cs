namespace Marketplace.Receipts.Tests;

public sealed class MerkleLogTests
{
    private const int SizeMax = 70;

    private static readonly Bytes32[] Leaves = [.. Enumerable.Range(1, SizeMax).Select(index => Samples.Word((byte)index))];

    [Fact]
    public void Root_IsThatOfTheBatchWhileTheTreeGrows()
    {
        var tail = new MerkleTail();
        Assert.True(tail.Root.IsZero);
        for (var size = 1; size <= SizeMax; size++)
        {
            tail.Add(Leaves[size - 1]);

            Assert.Equal(RootOf(0, size), tail.Root);
            Assert.Equal((ulong)size, tail.Size);
        }
    }

    [Fact]
    public void ProofOfInclusion_LeadsToTheRootFromItsOwnPlaceOnly()
    {
        for (var size = 1; size <= SizeMax; size++)
        {
            for (var index = 0; index < size; index++)
            {
                var proof = HashesOf(MerkleLog.InclusionRanges((ulong)index, (ulong)size));
                var root = RootOf(0, size);

                Assert.Equal(root, MerkleLog.RootOf(Leaves[index], (ulong)index, (ulong)size, proof));
                Assert.Equal(root, MerkleBatch.RootOf(Leaves[index], new MerkleBatch(Leaves.AsSpan(0, size)).PathOf(index)));
                Assert.NotEqual(root, MerkleLog.RootOf(Leaves[index], (ulong)(index + 1) % (ulong)size, (ulong)size, [.. proof, default]));
                Assert.NotEqual(root, MerkleLog.RootOf(Samples.Word(255), (ulong)index, (ulong)size, proof));
                if (proof.Length > 0)
                {
                    Assert.NotEqual(root, MerkleLog.RootOf(Leaves[index], (ulong)index, (ulong)size, proof[..^1]));
                    Assert.NotEqual(root, MerkleLog.RootOf(Leaves[index], (ulong)index ^ 1, (ulong)size, proof));
                }
            }
        }
        Assert.Null(MerkleLog.RootOf(Leaves[0], 5, 5, []));
    }

    [Fact]
    public void ProofOfConsistency_HoldsForTheBeginningAndForNothingElse()
    {
        for (var to = 0; to <= SizeMax; to++)
        {
            for (var from = 0; from <= to; from++)
            {
                var proof = HashesOf(MerkleLog.ConsistencyRanges((ulong)from, (ulong)to));
                var (earlier, later) = (RootOf(0, from), RootOf(0, to));

                Assert.True(MerkleLog.IsBeginning((ulong)from, earlier, (ulong)to, later, proof), $"{from} of {to}");
                Assert.False(MerkleLog.IsBeginning((ulong)from, Samples.Word(255), (ulong)to, later, proof));
                Assert.False(MerkleLog.IsBeginning((ulong)from, earlier, (ulong)to, later, [.. proof, Samples.Word(255)]));
                if (from > 0)
                {
                    Assert.False(MerkleLog.IsBeginning((ulong)from, earlier, (ulong)to, Samples.Word(255), proof));
                }
                for (var index = 0; index < proof.Length; index++)
                {
                    Assert.False(
                        MerkleLog.IsBeginning((ulong)from, earlier, (ulong)to, later, [.. proof[..index], default, .. proof[(index + 1)..]])
                    );
                    Assert.False(
                        MerkleLog.IsBeginning((ulong)from, earlier, (ulong)to, later, [.. proof[..index], .. proof[(index + 1)..]])
                    );
                }
            }
        }
        Assert.False(MerkleLog.IsBeginning(2, default, 1, default, []));
    }

    /// <summary>History that was rewritten in one place has no proof: not the honest one, nor one made of the rewritten tree.</summary>
    [Fact]
    public void RewrittenHistory_HasNoProof()
    {
        for (var size = 2; size <= SizeMax; size++)
        {
            for (var from = 1; from < size; from++)
            {
                for (var changed = 0; changed < from; changed += 5)
                {
                    Bytes32[] other = [.. Leaves[..size]];
                    other[changed] = Samples.Word(200);
                    var proof = HashesOf(MerkleLog.ConsistencyRanges((ulong)from, (ulong)size), other);

                    Assert.False(
                        MerkleLog.IsBeginning((ulong)from, RootOf(0, from), (ulong)size, new MerkleBatch(other).Root, proof),
                        $"leaf {changed} of {size}, {from} kept"
                    );
                }
            }
        }
    }

    [Fact]
    public void SubtreesOfARange_AreCompleteAndGiveItsHash()
    {
        foreach (var range in MerkleLog.InclusionRanges(3, 61).Concat(MerkleLog.ConsistencyRanges(29, 61)))
        {
            var subtrees = MerkleLog.SubtreesOf(range).ToArray();

            Assert.Equal(range.First, subtrees[0].Index << subtrees[0].Level);
            Assert.Equal(range.Count, subtrees.Aggregate(0UL, (sum, subtree) => sum + (1UL << subtree.Level)));
            var hashes = subtrees.Select(subtree =>
                RootOf((int)(subtree.Index << subtree.Level), (int)((subtree.Index + 1) << subtree.Level))
            );
            Assert.Equal(RootOf((int)range.First, (int)(range.First + range.Count)), MerkleLog.HashOf([.. hashes]));
        }
    }

    private static Bytes32 RootOf(int first, int end) => end == first ? default : new MerkleBatch(Leaves.AsSpan(first, end - first)).Root;

    private static Bytes32[] HashesOf(IReadOnlyList<MerkleRange> ranges, Bytes32[]? leaves = null) =>
        [.. ranges.Select(range => new MerkleBatch((leaves ?? Leaves).AsSpan((int)range.First, (int)range.Count)).Root)];
}

namespace Marketplace.Receipts.Tests;

public sealed class MerkleBatchTests
{
    [Fact]
    public void EveryPath_LeadsToTheRootOfTheShapeOfRfc9162()
    {
        for (var count = 1; count <= 70; count++)
        {
            Bytes32[] leaves = [.. Enumerable.Range(1, count).Select(index => Samples.Word((byte)index))];
            var batch = new MerkleBatch(leaves);

            Assert.Equal(RootByItsDefinition(leaves), batch.Root);
            for (var index = 0; index < count; index++)
            {
                Assert.Equal(batch.Root, MerkleBatch.RootOf(leaves[index], batch.PathOf(index)));
                Assert.NotEqual(batch.Root, MerkleBatch.RootOf(Samples.Word(255), batch.PathOf(index)));
            }
        }
    }

    [Fact]
    public void BatchOfNothing_IsNone()
    {
        Assert.Throws<ArgumentException>(() => new MerkleBatch([]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MerkleBatch([default]).PathOf(1));
    }

    /// <summary>Batches that repeat their last leaf must not share a root with those that do not.</summary>
    [Fact]
    public void RepeatedLeaf_ChangesTheRoot() =>
        Assert.NotEqual(
            new MerkleBatch([Samples.Word(1), Samples.Word(2), Samples.Word(3)]).Root,
            new MerkleBatch([Samples.Word(1), Samples.Word(2), Samples.Word(3), Samples.Word(3)]).Root
        );

    private static Bytes32 RootByItsDefinition(ReadOnlySpan<Bytes32> leaves)
    {
        if (leaves.Length == 1)
        {
            return leaves[0];
        }
        var left = 1;
        while (left * 2 < leaves.Length)
        {
            left *= 2;
        }
        return MerkleBatch.RootOf(
            RootByItsDefinition(leaves[..left]),
            [new MerkleStep(IsLeft: false, RootByItsDefinition(leaves[left..]))]
        );
    }
}

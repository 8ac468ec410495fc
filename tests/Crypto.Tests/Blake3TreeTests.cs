namespace Marketplace.Crypto.Tests;

public sealed class Blake3TreeTests
{
    private const int Group = Blake3Tree.GroupSize;

    public static TheoryData<int> Lengths =>
        [
            Group + 1,
            Group + 1023,
            Group + 1024,
            Group + 1025,
            2 * Group - 1,
            2 * Group,
            2 * Group + 1,
            3 * Group,
            4 * Group,
            5 * Group,
            100 * 1024 + 7,
            8 * Group - 1,
            8 * Group,
            8 * Group + 1,
            13 * Group + 5,
            64 * Group,
            65 * Group + 1,
        ];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void RootOfTheGroups_IsTheHash(int length)
    {
        var content = Blake3Vectors.Pattern(length);
        Assert.Equal(Blake3.Hash(content), Blake3Tree.Root(GroupValues(content)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(1025)]
    [InlineData(16383)]
    [InlineData(16384)]
    public void ContentOfOneGroup_HasTheHashAsItsRootAndAnotherValue(int length)
    {
        var content = Blake3Vectors.Pattern(length);
        Assert.Equal(1, Blake3Tree.GroupCount(length));
        if (length > 0)
        {
            Assert.NotEqual(Blake3.Hash(content), Blake3Tree.GroupValue(content, 0));
        }
    }

    [Fact]
    public void OneGroup_IsVerifiedAloneAgainstTheRoot()
    {
        // Five groups: ((0 1) (2 3)) 4. The proof of group 2 is 3, (0 1), 4.
        var content = Blake3Vectors.Pattern(5 * Group - 9);
        var values = GroupValues(content);
        var root = Blake3.Hash(content);
        Assert.Equal(root, RootFromTwo(Blake3Tree.GroupValue(content.AsSpan(2 * Group, Group), 2)));
        content[2 * Group + 100] ^= 1;
        Assert.NotEqual(root, RootFromTwo(Blake3Tree.GroupValue(content.AsSpan(2 * Group, Group), 2)));

        Bytes32 RootFromTwo(Bytes32 two) =>
            Blake3Tree.Root(
                Blake3Tree.ParentValue(Blake3Tree.ParentValue(values[0], values[1]), Blake3Tree.ParentValue(two, values[3])),
                values[4]
            );
    }

    [Fact]
    public void GroupAtAnotherPlace_HasAnotherValue()
    {
        var group = Blake3Vectors.Pattern(Group);
        Assert.NotEqual(Blake3Tree.GroupValue(group, 0), Blake3Tree.GroupValue(group, 1));
    }

    [Fact]
    public void Root_IsNeverTheValueOfAnInnerNode()
    {
        Bytes32 left = Blake3.Hash([1]),
            right = Blake3.Hash([2]);
        Assert.NotEqual(Blake3Tree.Root(left, right), Blake3Tree.ParentValue(left, right));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(16384, 1)]
    [InlineData(16385, 2)]
    [InlineData(32768, 2)]
    [InlineData(long.MaxValue, 1L << 49)]
    public void GroupCount_RoundsUp(long length, long groups) => Assert.Equal(groups, Blake3Tree.GroupCount(length));

    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(4, 2)]
    [InlineData(5, 4)]
    [InlineData(8, 4)]
    [InlineData(9, 8)]
    public void LeftGroups_IsTheLargestPowerOfTwoBelow(long groups, long left) => Assert.Equal(left, Blake3Tree.LeftGroups(groups));

    [Fact]
    public void WrongArguments_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => Blake3Tree.GroupValue([], 0));
        Assert.Throws<ArgumentException>(() => Blake3Tree.GroupValue(new byte[Group + 1], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Blake3Tree.GroupValue([1], -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Blake3Tree.Root([default]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Blake3Tree.Value([]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Blake3Tree.GroupCount(-1));
    }

    private static Bytes32[] GroupValues(byte[] content)
    {
        var values = new Bytes32[Blake3Tree.GroupCount(content.Length)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Blake3Tree.GroupValue(content.AsSpan(i * Group, Math.Min(Group, content.Length - i * Group)), i);
        }
        return values;
    }
}

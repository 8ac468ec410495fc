using System.Numerics;
using Marketplace.Crypto.Tests;

namespace Marketplace.Chain.Tests;

public sealed class TypedDataTests
{
    private static readonly TypedMember[] Person = [new("name", "string"), new("wallet", "address")];
    private static readonly TypedMember[] Mail = [new("from", "Person"), new("to", "Person"), new("contents", "string")];

    [Fact]
    public void Vectors_AllPass()
    {
        TransactionTests.AssertAll(TypedDataVectors.Run(VectorFile.PathOf(TypedDataVectors.File)));
        TransactionTests.AssertAll(TypedDataVectors.RunVouchers(VectorFile.PathOf(TypedDataVectors.VoucherFile)));
    }

    /// <summary>The example of the EIP.</summary>
    [Fact]
    public void KnownAnswer_IsGiven()
    {
        var mail = Structs(("Mail", Mail), ("Person", Person))["Mail"];
        var domain = new TypedDomain
        {
            Name = "Ether Mail",
            Version = "1",
            ChainId = 1,
            VerifyingContract = EvmAddress.Parse("0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC"),
        };
        object[] cow = ["Cow", EvmAddress.Parse("0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826")];
        object[] bob = ["Bob", EvmAddress.Parse("0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB")];

        Assert.Equal("Mail(Person from,Person to,string contents)Person(string name,address wallet)", mail.TypeText);
        Assert.Equal("a0cedeb2dc280ba39b857546d74f5549c3a1d7bdc2dd96bf881f76108e23dac2", mail.TypeHash.ToString());
        Assert.Equal("f2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f", domain.Separator().ToString());
        Assert.Equal("c52c0ee5d84264471806290a3f2c4cecfc5490626bf912d01f240d7a274b371e", mail.Hash(cow, bob, "Hello, Bob!").ToString());
        Assert.Equal(
            "be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2",
            domain.Digest(mail.Hash(cow, bob, "Hello, Bob!")).ToString()
        );
    }

    [Fact]
    public void StructsInStructs_AreNamedOnceInTheOrderOfTheirNames()
    {
        var structs = Structs(
            ("Z", [new("b", "B[]"), new("a", "a")]),
            ("B", [new("c", "C[2][]"), new("z", "Z[]")]),
            ("C", []),
            ("a", [new("c", "C")]),
            ("Unused", [])
        );
        Assert.Equal("Z(B[] b,a a)B(C[2][] c,Z[] z)C()a(C c)", structs["Z"].TypeText);
        Assert.Equal("a(C c)C()", structs["a"].TypeText);
    }

    /// <summary>A struct may hold an array of itself: its values end where the arrays are empty.</summary>
    [Fact]
    public void StructThatNamesItself_HasValuesUpToTheDepth()
    {
        var tree = Structs(("Tree", [new("name", "string"), new("children", "Tree[]")]))["Tree"];
        Assert.Equal("Tree(string name,Tree[] children)", tree.TypeText);
        Assert.NotEqual(tree.Hash(Value(15)), tree.Hash(Value(14)));
        Assert.Contains("more than 32", Assert.Throws<AbiException>(() => tree.Hash(Value(16))).Message, StringComparison.Ordinal);

        static object[] Value(int depth) => ["", depth == 0 ? Array.Empty<object>() : new object[] { Value(depth - 1) }];
    }

    /// <summary>An endless value is refused, and so is one that takes little memory and much time.</summary>
    [Fact]
    public void ValueThatNamesItself_IsRefused()
    {
        var tree = Structs(("Tree", [new("children", "Tree[]")]))["Tree"];
        var endless = new object[1];
        endless[0] = new object[] { endless };
        Assert.Throws<AbiException>(() => tree.Hash(endless));

        object[] wide = [Array.Empty<object>()];
        for (var depth = 0; depth < 10; depth++)
        {
            wide = [Enumerable.Repeat<object>(wide, 10).ToArray()];
        }
        Assert.Contains("more than 65536 values", Assert.Throws<AbiException>(() => tree.Hash(wide)).Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, (string, TypedMember[])[]> OtherStructs() =>
        new()
        {
            { "no identifier", [("a b", [])] },
            { "an empty name", [("", [])] },
            { "a name with a bracket", [("A(uint256 a)B", [])] },
            { "the name of a type", [("address", [])] },
            { "the name of a number's type", [("uint64", [])] },
            { "a member without a name", [("A", [new("", "bool")])] },
            { "a member with a comma", [("A", [new("a,bool b", "bool")])] },
            { "a member twice", [("A", [new("a", "bool"), new("a", "bool")])] },
            { "a struct twice", [("A", []), ("A", [])] },
            { "an unknown struct", [("A", [new("a", "B")])] },
            { "no type", [("A", [new("a", "")])] },
            { "a number without its size", [("A", [new("a", "uint")])] },
            { "a tuple", [("A", [new("a", "(bool)")])] },
            { "half an array", [("A", [new("a", "bool[")])] },
            { "an array of nothing", [("A", [new("a", "bool[0]")])] },
            { "a type behind an array", [("A", [new("a", "bool[]x")])] },
            { "arrays 33 deep", [("A", [new("a", "bool" + string.Concat(Enumerable.Repeat("[]", 33)))])] },
            { "65 structs", [.. Enumerable.Range(0, 65).Select(number => ($"S{number}", Array.Empty<TypedMember>()))] },
            { "257 members", [("A", [.. Enumerable.Range(0, 257).Select(number => new TypedMember($"m{number}", "bool"))])] },
        };

    [Theory, MemberData(nameof(OtherStructs))]
    public void OtherStructs_AreRefused(string what, (string, TypedMember[])[] structs)
    {
        var refused = Record.Exception(() => Structs(structs));
        Assert.True(refused is AbiException, $"{what}: {refused}");
    }

    [Fact]
    public void StructsAtTheirBounds_AreTaken()
    {
        Structs([.. Enumerable.Range(0, 64).Select(number => ($"S{number}", Array.Empty<TypedMember>()))]);
        var many = Structs(("A", [.. Enumerable.Range(0, 256).Select(number => new TypedMember($"m{number}", "bool"))]))["A"];
        Assert.Equal((1 + 256) * 32, many.Encode([.. Enumerable.Repeat<object>(true, 256)]).Length);
        Assert.Throws<AbiException>(() => Structs(("A", []))["B"]);

        // The array counts as well.
        var list = Structs(("A", [new("a", "bool[]")]))["A"];
        list.Hash([Enumerable.Repeat<object>(true, 65_535).ToArray()]);
        Assert.Throws<AbiException>(() => list.Hash([Enumerable.Repeat<object>(true, 65_536).ToArray()]));
    }

    public static TheoryData<string, object> OtherValues() =>
        new()
        {
            { "uint8", new BigInteger(256) },
            { "uint256", 1 },
            { "bytes4", new byte[3] },
            { "bytes", "text" },
            { "string", "\ud800" },
            { "bool[2]", new object[] { true } },
            { "bool[]", true },
            { "bool[][]", new object[] { true } },
            { "Inner", new object[] { true, true } },
            { "Inner", true },
            { "Inner[]", new object[] { true } },
        };

    [Theory, MemberData(nameof(OtherValues))]
    public void ValuesOfOtherTypes_AreRefused(string type, object value)
    {
        var outer = Structs(("Outer", [new("value", type)]), ("Inner", [new("flag", "bool")]))["Outer"];
        Assert.Throws<AbiException>(() => outer.Hash(value));
        Assert.Throws<AbiException>(() => outer.Hash());
        Assert.Throws<AbiException>(() => outer.Hash(null!, null!));
        Assert.Throws<AbiException>(() => outer.Hash([null!]));
    }

    [Fact]
    public void DomainWithAChainThatIsNoNumber_IsRefused() =>
        Assert.Throws<AbiException>(() => new TypedDomain { ChainId = BigInteger.MinusOne }.Separator());

    private static TypedStructs Structs(params (string Name, TypedMember[] Members)[] structs) =>
        new(structs.Select(item => new KeyValuePair<string, IReadOnlyList<TypedMember>>(item.Name, item.Members)));
}

using System.Text;
using Marketplace.Crypto.Tests;

namespace Marketplace.Chain.Tests;

public sealed class ContractAbiTests
{
    /// <summary>As solc writes it, with an overloaded function and an event that an interface declares again.</summary>
    private const string Json = """
        [
          {"inputs":[{"internalType":"address","name":"market","type":"address"}],"stateMutability":"nonpayable","type":"constructor"},
          {"inputs":[{"internalType":"uint256","name":"missing","type":"uint256"}],"name":"TooLittle","type":"error"},
          {"anonymous":false,"inputs":[
            {"indexed":true,"internalType":"address","name":"from","type":"address"},
            {"indexed":true,"internalType":"string","name":"memo","type":"string"},
            {"indexed":false,"internalType":"uint256","name":"amount","type":"uint256"}],"name":"Paid","type":"event"},
          {"anonymous":false,"inputs":[
            {"indexed":true,"internalType":"address","name":"from","type":"address"},
            {"indexed":true,"internalType":"string","name":"memo","type":"string"},
            {"indexed":false,"internalType":"uint256","name":"amount","type":"uint256"}],"name":"Paid","type":"event"},
          {"stateMutability":"payable","type":"fallback"},
          {"inputs":[
            {"components":[
              {"internalType":"address","name":"worker","type":"address"},
              {"components":[{"internalType":"uint256","name":"amount","type":"uint256"}],
               "internalType":"struct Market.Sum[2]","name":"sums","type":"tuple[2]"}],
             "internalType":"struct Market.Leaf[]","name":"leaves","type":"tuple[]"}],
           "name":"settle","outputs":[{"internalType":"bool","name":"","type":"bool"}],"stateMutability":"nonpayable","type":"function"},
          {"inputs":[],"name":"settle","outputs":[],"stateMutability":"nonpayable","type":"function"},
          {"inputs":[],"name":"close","outputs":[],"stateMutability":"nonpayable","type":"function"},
          {"stateMutability":"payable","type":"receive"}
        ]
        """;

    private static readonly ContractAbi Contract = Read(Json);

    [Fact]
    public void Vectors_AllPass()
    {
        TransactionTests.AssertAll(ContractVectors.RunEvents(VectorFile.PathOf(ContractVectors.EventsFile)));
        TransactionTests.AssertAll(ContractVectors.RunOutputs(VectorFile.PathOf(AbiVectors.InterfaceFile)));
        TransactionTests.AssertAll(ContractVectors.RunOutputs(VectorFile.PathOf(AbiVectors.TuplesFile)));
        TransactionTests.AssertAll(ContractVectors.RunSelectors(VectorFile.PathOf(AbiVectors.SignaturesFile)));
        TransactionTests.AssertAll(ContractVectors.RunPacked(VectorFile.PathOf(ContractVectors.PackedFile)));
    }

    [Fact]
    public void Description_IsRead()
    {
        Assert.Equal("(address)", Contract.Constructor.Name);
        Assert.Equal("((address,(uint256)[2])[])", Contract.Function("settle((address,(uint256)[2])[])").Signature.Inputs.Name);
        Assert.Equal([true], Contract.Function("settle((address,(uint256)[2])[])").DecodeOutputs(AbiType.Parse("bool").Encode(true)));
        Assert.Empty(Contract.Function("close").DecodeOutputs([]));
        Assert.Equal("missing", Assert.Single(Contract.Error("TooLittle").Parameters).Name);
        Assert.Equal(["from", "memo", "amount"], Contract.Event("Paid").Parameters.Select(parameter => parameter.Name));
        Assert.Equal((3, 1, 1), (Contract.Functions.Count, Contract.Events.Count, Contract.Errors.Count));
        Assert.Empty(Read("[]").Constructor.Items);
    }

    [Fact]
    public void NameThatIsNoneOrOfSeveral_IsRefused()
    {
        Assert.Contains(
            "no function 'open'",
            Assert.Throws<AbiException>(() => Contract.Function("open")).Message,
            StringComparison.Ordinal
        );
        Assert.Contains("settle()", Assert.Throws<AbiException>(() => Contract.Function("settle")).Message, StringComparison.Ordinal);
        Assert.Throws<AbiException>(() => Contract.Function("close(uint256)"));
        Assert.Throws<AbiException>(() => Contract.Event("settle()"));
        Assert.Throws<AbiException>(() => Contract.Error("Paid"));
    }

    public static TheoryData<string, string> OtherForms() =>
        new()
        {
            { "", "nothing" },
            { "{}", "no list" },
            { "[1]", "no entry" },
            { "[{}]", "no type" },
            { """[{"type":"struct"}]""", "an unknown entry" },
            { """[{"type":"function","name":"a","inputs":[]}]""", "no outputs" },
            { """[{"type":"function","inputs":[],"outputs":[]}]""", "no name" },
            { """[{"type":"function","name":1,"inputs":[],"outputs":[]}]""", "a name that is a number" },
            { """[{"type":"function","name":"","inputs":[],"outputs":[]}]""", "an empty name" },
            { """[{"type":"function","name":"a(uint256),b","inputs":[],"outputs":[]}]""", "a name with a bracket" },
            { """[{"type":"function","name":"1a","inputs":[],"outputs":[]}]""", "a name that begins with a digit" },
            { """[{"type":"function","name":"\ud800","inputs":[],"outputs":[]}]""", "half a character" },
            { $$"""[{"type":"function","name":"{{new string('a', 257)}}","inputs":[],"outputs":[]}]""", "a long name" },
            { """[{"\ud800":1,"type":"receive"}]""", "half a character as the name of a member" },
            { """[{"type":"function","name":"a","name":"b","inputs":[],"outputs":[]}]""", "a name twice" },
            { """[{"type":"error","name":"a","inputs":{}}]""", "inputs that are no list" },
            { """[{"type":"error","name":"a","inputs":[{"type":"bool"}]}]""", "a parameter without a name" },
            { """[{"type":"error","name":"a","inputs":[{"name":"b(","type":"bool"}]}]""", "a parameter with a bracket" },
            { """[{"type":"error","name":"a","inputs":[{"name":"","type":"enum"}]}]""", "no type of the ABI" },
            { """[{"type":"error","name":"a","inputs":[{"name":"","type":"(bool)"}]}]""", "a tuple in the type" },
            { """[{"type":"error","name":"a","inputs":[{"name":"","type":"tuple(bool)"}]}]""", "a named tuple in the type" },
            { """[{"type":"error","name":"a","inputs":[{"name":"","type":"tuple"}]}]""", "no components" },
            { """[{"type":"error","name":"a","inputs":[{"name":"","type":"tuple[","components":[]}]}]""", "half a dimension" },
            { """[{"type":"error","name":"a","inputs":[{"name":"","type":"tuple[1]x","components":[]}]}]""", "more than a dimension" },
            { """[{"type":"event","name":"a","inputs":[]}]""", "neither anonymous nor not" },
            { """[{"type":"event","name":"a","anonymous":0,"inputs":[]}]""", "a number for a truth" },
            { """[{"type":"event","name":"a","anonymous":false,"inputs":[{"name":"","type":"bool"}]}]""", "neither indexed nor not" },
            { """[{"type":"constructor","inputs":[]},{"type":"constructor","inputs":[]}]""", "two constructors" },
            {
                """[{"type":"function","name":"a","inputs":[],"outputs":[]},{"type":"function","name":"a","inputs":[],"outputs":[]}]""",
                "a function twice"
            },
            { Nested(40), "tuples forty deep" },
            { Nested(20_000), "tuples beyond the stack" },
            { $$"""[{"type":"error","name":"a","inputs":[{"name":"","type":"bool{{Repeat("[]", 33)}}"}]}]""", "arrays 33 deep" },
            { """[{"type":"error","name":"a","inputs":[{"name":"","type":"uint256[32769]"}]}]""", "a value of more than a mebibyte" },
            { $"[{new string(' ', (4 << 20) - 1)}]", "a byte more than four mebibytes" },
        };

    [Theory, MemberData(nameof(OtherForms))]
    public void OtherForms_AreRefused(string json, string what)
    {
        var refused = Record.Exception(() => Read(json));
        Assert.True(refused is AbiException, $"{what}: {refused}");
    }

    [Fact]
    public void WhatIsAtABound_IsRead()
    {
        Assert.Empty(Read($"[{new string(' ', (4 << 20) - 2)}]").Functions);
        var name = new string('a', 256);
        Assert.Equal(name, Read($$"""[{"type":"error","name":"{{name}}","inputs":[]}]""").Error(name).Signature.Name);
        Assert.Equal("uint256[32768]", AbiType.Parse("uint256[32768]").Name);
        Assert.Equal("bool" + Repeat("[]", 32), AbiType.Parse("bool" + Repeat("[]", 32)).Name);
        Assert.Throws<AbiException>(() => AbiType.Parse(new string('(', 100_000)));
        Assert.Throws<AbiException>(() => AbiType.Parse("(uint256[32768],bool)"));
        Assert.Throws<AbiException>(() => AbiType.Parse("bytes[32769]"));
        Assert.Throws<AbiException>(() => AbiType.Parse("(bool,(bool" + Repeat("[]", 31) + "))"));
    }

    /// <summary>Whatever stands elsewhere: it is refused or read, and nothing else is thrown.</summary>
    [Fact]
    public void ChangedDescriptions_AreRefusedOrRead()
    {
        var random = new Random(1);
        var read = 0;
        for (var round = 0; round < 5_000; round++)
        {
            var changed = Encoding.UTF8.GetBytes(Json);
            changed[random.Next(changed.Length)] = (byte)"[]{}\",:0a"[random.Next(9)];
            try
            {
                ContractAbi.Parse(changed);
                read++;
            }
            catch (AbiException)
            {
                continue;
            }
        }
        Assert.InRange(read, 500, 4_500);
    }

    internal static ContractAbi Read(string json) => ContractAbi.Parse(Encoding.UTF8.GetBytes(json));

    private static string Nested(int depth)
    {
        var tuples = Repeat("""{"name":"","type":"tuple","components":[""", depth) + Repeat("]}", depth);
        return $$"""[{"type":"error","name":"a","inputs":[{{tuples}}]}]""";
    }

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
}

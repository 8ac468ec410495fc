using System.Security.Cryptography;
using System.Text;
using Marketplace.Engine.Decode;
using Marketplace.Engine.Tests.Building;

namespace Marketplace.Engine.Tests;

/// <summary>What decides results and fuel has a hash, and no change of it goes unnoticed.</summary>
public sealed class ProfileTests
{
    [Fact]
    public void Profile_IsTheOneInReview()
    {
        var kept = Path.Combine(SourceTree.Root, "engine", "PROFILE.txt");
        if (EngineProfile.Text == File.ReadAllText(kept))
        {
            return;
        }
        var now = Path.Combine(AppContext.BaseDirectory, "PROFILE.txt");
        File.WriteAllText(now, EngineProfile.Text);
        Assert.Fail($"The engine's profile changed, and with it the hash in every receipt. If that is meant: cp {now} {kept}");
    }

    [Fact]
    public void Hash_IsThatOfTheText() =>
        Assert.Equal(EngineProfile.Hash, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(EngineProfile.Text))));

    [Fact]
    public void EveryInstructionsCost_IsInTheProfile()
    {
        var lines = EngineProfile.Text.Split('\n').ToHashSet();
        Assert.All(Enum.GetValues<Opcode>(), o => Assert.Contains($"cost {(int)o:x2} {o} {OpcodeTable.CostOf(o)}", lines));
    }

    public static TheoryData<string> Limits() =>
        [.. typeof(EngineLimits).GetProperties().Where(limit => limit.PropertyType == typeof(int)).Select(limit => limit.Name)];

    [Theory]
    [MemberData(nameof(Limits))]
    public void ChangedLimit_ChangesTheProfile(string limit)
    {
        var property = typeof(EngineLimits).GetProperty(limit)!;
        var changed = new EngineLimits();
        property.SetValue(changed, (int)property.GetValue(changed)! + 1);
        Assert.NotEqual(EngineProfile.Text, EngineProfile.Describe(changed));
    }
}

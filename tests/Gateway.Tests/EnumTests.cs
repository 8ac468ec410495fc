using Marketplace.Gateway;
using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>What the API and the grains name alike goes over by name: the two sets are one, whatever their numbers.</summary>
public sealed class EnumTests
{
    [Fact]
    public void Statuses_AreTheStatesOfTheApi()
    {
        Assert.All(Enum.GetValues<JobStatus>(), status => Assert.Equal(status.ToString(), JobMapper.ToState(status).ToString()));
        Assert.Equal(Enum.GetNames<JobState>().Order(), Enum.GetNames<JobStatus>().Order());
        Assert.Throws<ArgumentOutOfRangeException>(() => JobMapper.ToState((JobStatus)Enum.GetValues<JobStatus>().Length));
    }

    [Fact]
    public void Scopes_AreTheScopesOfTheApi()
    {
        Assert.All(
            Enum.GetValues<Scope>(),
            scope =>
            {
                var flag = AccountMapper.FromScopes([scope]);
                Assert.Equal(scope.ToString(), flag.ToString());
                Assert.Equal([scope], AccountMapper.ToScopes(flag));
            }
        );
        Assert.Equal(Enum.GetNames<Scope>().Append(nameof(Scopes.None)).Order(), Enum.GetNames<Scopes>().Order());
        Assert.Equal(Enum.GetValues<Scope>(), AccountMapper.ToScopes(AccountMapper.FromScopes(Enum.GetValues<Scope>())));
    }
}

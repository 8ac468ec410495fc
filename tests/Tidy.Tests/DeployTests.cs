using System.Globalization;
using System.Text.RegularExpressions;

namespace Marketplace.Tests.Tidy;

/// <summary>
/// What containers are started with: it names options, ports, routes, volumes and files that there are, and asks for no right that its
/// program does not need. <c>verify deploy</c> holds the same files against their schemas.
/// </summary>
public sealed partial class DeployTests
{
    private const string Manifests = "deploy/kubernetes";

    private static readonly string Options = Text("CONFIGURATION.md");

    private static readonly Yaml Compose = Yaml.Documents("docker-compose.yml").Single();

    private static readonly Yaml[] Kubernetes =
    [
        .. Yaml.Documents($"{Manifests}/kustomization.yaml")
            .Single()["resources"]
            .Items.SelectMany(file => Yaml.Documents($"{Manifests}/{file}")),
    ];

    private static IEnumerable<(string Name, Yaml Service)> Services => Compose["services"].Members;

    private static IEnumerable<Yaml> Workloads => Kubernetes.Where(item => item["spec"]["template"].Exists);

    [Fact]
    public void Containers_HaveNoRightsOrRoomBeyondTheirNeeds()
    {
        foreach (var (name, service) in Services)
        {
            Assert.True(service["read_only"].Is("true"), $"The root of {name} can be written.");
            Assert.Equal(["ALL"], service["cap_drop"].Items.Select(item => item.ToString()));
            Assert.Contains("no-new-privileges:true", service["security_opt"].Items.Select(item => item.ToString()));
            Assert.False(service["privileged"].Exists);
            var limits = service["deploy"]["resources"]["limits"];
            Assert.All(["cpus", "memory"], limit => Assert.True(limits[limit].Exists, $"{name} has no limit of {limit}."));
            Assert.True(service["pids_limit"].Exists, $"{name} has no limit of processes.");
        }
        foreach (var pod in Workloads.Select(workload => workload["spec"]["template"]["spec"]))
        {
            Assert.True(pod["automountServiceAccountToken"].Is("false"));
            Assert.True(pod["securityContext"]["runAsNonRoot"].Is("true"));
            Assert.True(pod["securityContext"]["seccompProfile"]["type"].Is("RuntimeDefault"));
            foreach (var container in pod["containers"].Items)
            {
                var context = container["securityContext"];
                Assert.True(context["readOnlyRootFilesystem"].Is("true"));
                Assert.True(context["allowPrivilegeEscalation"].Is("false"));
                Assert.Equal(["ALL"], context["capabilities"]["drop"].Items.Select(item => item.ToString()));
                Assert.True(container["resources"]["limits"]["memory"].Exists);
            }
        }
    }

    [Fact]
    public void Ports_ArePublishedOnLoopbackOnly() =>
        Assert.All(
            Services.SelectMany(service => service.Service["ports"].Items),
            port => Assert.StartsWith("127.0.0.1:", port.ToString(), StringComparison.Ordinal)
        );

    [Fact]
    public void Services_NameVolumesSecretsNetworksAndFilesThatThereAre()
    {
        foreach (var (name, service) in Services)
        {
            Assert.All(service["secrets"].Items, secret => Assert.True(Compose["secrets"][secret.ToString()].Exists, $"{name}: {secret}"));
            Assert.All(
                service["networks"].Items,
                net => Assert.Contains(net.ToString(), Compose["networks"].Members.Select(of => of.Name))
            );
            foreach (var volume in service["volumes"].Items.Select(volume => volume.ToString().Split(':')[0]))
            {
                if (volume.StartsWith("./", StringComparison.Ordinal))
                {
                    Assert.True(Path.Exists(Path.Combine(Repository.Root, volume)), $"{name} mounts {volume}, which is not there.");
                }
                else if (!volume.StartsWith('/'))
                {
                    Assert.Contains(volume, Compose["volumes"].Members.Select(of => of.Name));
                }
            }
            Assert.All(service["depends_on"].Members, other => Assert.True(Compose["services"][other.Name].Exists));
        }
    }

    /// <summary>The image of silos checks their health itself; the other services say how, or that they do not.</summary>
    [Fact]
    public void Services_SayHowTheirHealthIsAsked()
    {
        Assert.Matches("(?m)^HEALTHCHECK .*/health/ready", Text("Dockerfile"));
        Assert.All(
            Services,
            service => Assert.True(service.Service["healthcheck"].Exists || service.Name.StartsWith("silo-", StringComparison.Ordinal))
        );
    }

    [Fact]
    public void Variables_AreOptionsOfTheSilo()
    {
        string[] files = ["docker-compose.yml", "Dockerfile", $"{Manifests}/silos.yaml", $"{Manifests}/README.md"];
        var named = files.SelectMany(file => VariablePattern().Matches(Text(file))).Select(match => match.Value).Distinct().ToArray();
        Assert.True(named.Length > 12);
        // The command's own: it asks for the passphrase of a key store.
        Assert.All(
            named.Except(["MARKET_CHAIN_PASSPHRASE"]),
            variable => Assert.True(Options.Contains($"`{variable}`", StringComparison.Ordinal), $"{variable} is no option of a silo.")
        );
    }

    [Fact]
    public void Workers_AreStartedFromTheImage_WithOptionsThatTheyHave()
    {
        var words = Text("worker/Executable/WorkerCommand.cs");
        var service = Compose["services"]["worker"];
        var container = Workloads.Single(item => item.Name == "worker")["spec"]["template"]["spec"]["containers"].Items.Single();
        Assert.Equal(
            service["entrypoint"].Items.Select(word => word.ToString()),
            container["command"].Items.Select(word => word.ToString())
        );
        Assert.Contains("dotnet publish worker ", Text("Dockerfile"), StringComparison.Ordinal);
        var options = service["command"].Items.Concat(container["args"].Items).Select(word => word.ToString());
        Assert.All(
            options.Where(word => word.StartsWith("--", StringComparison.Ordinal)),
            option => Assert.Contains($"(\"{option}\")", words, StringComparison.Ordinal)
        );
    }

    [Fact]
    public void Selectors_ChooseThePodsOfTheirName()
    {
        foreach (var workload in Workloads)
        {
            Assert.Equal(Labels(workload["spec"]["selector"]["matchLabels"]), Labels(workload["spec"]["template"]["metadata"]["labels"]));
        }
        var pods = Workloads.ToDictionary(
            workload => workload.Name,
            workload => Labels(workload["spec"]["template"]["metadata"]["labels"])
        );
        foreach (var item in Kubernetes)
        {
            var chosen = item.Kind switch
            {
                "Service" => item["spec"]["selector"],
                "PodDisruptionBudget" => item["spec"]["selector"]["matchLabels"],
                "NetworkPolicy" => item["spec"]["podSelector"]["matchLabels"],
                _ => null,
            };
            if (chosen is not null)
            {
                Assert.Equal(pods[item.Name.TrimEnd('s')], Labels(chosen));
            }
        }
        Assert.All(
            Workloads,
            workload => Assert.Contains(Kubernetes, item => item.Kind == "PodDisruptionBudget" && item.Name == workload.Name)
        );
    }

    [Fact]
    public void Pods_MountVolumesAndAskPortsAndRoutesThatThereAre()
    {
        var routes = Text("gateway/openapi.json");
        var claims = Kubernetes.Where(item => item.Kind == "PersistentVolumeClaim").Select(item => item.Name).ToArray();
        foreach (var workload in Workloads)
        {
            var pod = workload["spec"]["template"]["spec"];
            Assert.All(
                pod["volumes"].Items,
                volume => Assert.True(Claims(volume).All(claims.Contains), $"{volume["name"]} is claimed nowhere.")
            );
            var volumes = pod["volumes"].Items.Concat(workload["spec"]["volumeClaimTemplates"].Items.Select(claim => claim["metadata"]));
            var names = volumes.Select(volume => volume["name"].ToString()).ToArray();
            foreach (var container in pod["containers"].Items)
            {
                var mounted = container["volumeMounts"].Items.Select(mount => mount["name"].ToString());
                Assert.Equal(names.Order(), mounted.Order());
                var ports = container["ports"].Items.Select(port => port["name"].ToString()).ToArray();
                string[] probes = ["startupProbe", "readinessProbe", "livenessProbe"];
                foreach (var probe in probes.Select(name => container[name]["httpGet"]).Where(probe => probe.Exists))
                {
                    Assert.Contains(probe["port"].ToString(), ports);
                    Assert.Contains($"\"{probe["path"]}\"", routes, StringComparison.Ordinal);
                }
            }
        }
    }

    /// <summary>A drain takes a minute, and then the last writes: a platform that kills earlier loses runs.</summary>
    [Fact]
    public void Stops_AreWaitedForLongerThanADrainTakes()
    {
        var drain = Marketplace.Worker.WorkerPolicy.DrainTimeMax.TotalSeconds;
        Assert.All(
            Services.Where(service => service.Name.StartsWith("silo-", StringComparison.Ordinal) || service.Name == "worker"),
            service => Assert.True(Number(service.Service["stop_grace_period"].ToString().TrimEnd('s')) > drain)
        );
        Assert.All(
            Workloads,
            workload => Assert.True(Number(workload["spec"]["template"]["spec"]["terminationGracePeriodSeconds"].ToString()) > drain)
        );
    }

    private static IEnumerable<string> Claims(Yaml volume) =>
        volume["persistentVolumeClaim"].Exists ? [volume["persistentVolumeClaim"]["claimName"].ToString()] : [];

    private static string[] Labels(Yaml labels) => [.. labels.Members.Select(label => $"{label.Name}={label.Value}").Order()];

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static string Text(string file) => File.ReadAllText(Path.Combine(Repository.Root, file));

    [GeneratedRegex("MARKET_[A-Z_]*[A-Z]")]
    private static partial Regex VariablePattern();
}

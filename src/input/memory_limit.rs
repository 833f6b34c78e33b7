//! How much memory the control groups of this process leave it: what a container or a job of a build service may use.

use std::fs;
use std::path::Path;

/// Where control groups are mounted.
const MOUNTED: &str = "/sys/fs/cgroup";

/// The limit in bytes, if there is one. It holds for files as well, as far as they are in memory for this process's sake.
pub(super) fn of_this_process() -> Option<u64> {
    smallest(&fs::read_to_string("/proc/self/cgroup").ok()?, Path::new(MOUNTED))
}

/// The smallest limit of the groups that `groups` names, in the form of `/proc/self/cgroup`, and of those around them.
fn smallest(groups: &str, mounted: &Path) -> Option<u64> {
    groups.lines().filter_map(|line| limit_of_line(line, mounted)).min()
}

/// A line says `NUMBER:CONTROLLERS:PATH`; without controllers it is the one group of the second version.
fn limit_of_line(line: &str, mounted: &Path) -> Option<u64> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (controllers, path) = (parts.next()?, parts.next()?);
    let (root, file) = match controllers {
        "" => (mounted.to_owned(), "memory.max"),
        _ if controllers.split(',').any(|name| name == "memory") => (mounted.join("memory"), "memory.limit_in_bytes"),
        _ => return None,
    };
    // Within a container the path may be that outside; its own group is then the root.
    let groups = Path::new(path.trim_start_matches('/')).ancestors();
    groups.filter_map(|group| fs::read_to_string(root.join(group).join(file)).ok()?.trim().parse().ok()).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_limit_of_all_groups_around_holds() {
        let mounted = std::env::temp_dir().join(format!("wold-groups-{}", std::process::id()));
        let write = |path: &str, text: &str| {
            let path = mounted.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("memory.max", "max\n");
        write("a/memory.max", "300\n");
        write("a/b/memory.max", "400\n");
        write("memory/memory.limit_in_bytes", "9223372036854771712\n");
        write("memory/c/memory.limit_in_bytes", "500\n");
        let limit = |groups| smallest(groups, &mounted);
        assert_eq!(limit("0::/a/b\n"), Some(300));
        assert_eq!(limit("0::/\n"), None);
        assert_eq!(limit("0::/elsewhere\n"), None);
        assert_eq!(limit("5:cpu,cpuacct:/c\n4:memory:/c\n0::/\n"), Some(500));
        assert_eq!(limit("4:hugetlb,memory:/docker/1\n"), Some(9_223_372_036_854_771_712));
        assert_eq!(limit("nonsense"), None);
        fs::remove_dir_all(&mounted).unwrap();
    }
}

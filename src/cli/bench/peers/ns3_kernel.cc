// The work of ../kernel-work.ts on ns-3's simulator core, with its fastest scheduler. Arguments and output as there.
#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "ns3/core-module.h"

using namespace ns3;

namespace {

std::vector<double> delaysNs;
std::vector<int32_t> routes;
uint32_t mask;

uint64_t done = 0;
uint64_t draws = 0;
uint64_t chunkEnd = 0;
uint64_t operations = 0;
int warmup = 0;
int chunks = 0;
int chunk = 0;
std::vector<int64_t> endTimesNs;
std::vector<double> nsPerOperation;
std::chrono::steady_clock::time_point chunkStart;

int servers = 0;
std::vector<int32_t> first;
std::vector<int32_t> last;
std::vector<int32_t> next;

void CountOperation() {
  if (++done != chunkEnd) return;
  auto now = std::chrono::steady_clock::now();
  endTimesNs.push_back(Simulator::Now().GetNanoSeconds());
  if (chunk >= warmup) {
    nsPerOperation.push_back(std::chrono::duration<double, std::nano>(now - chunkStart).count() / operations);
  }
  if (++chunk == warmup + chunks) Simulator::Stop();
  chunkEnd += operations;
  chunkStart = std::chrono::steady_clock::now();
}

Time Delay(uint64_t index) { return NanoSeconds(static_cast<int64_t>(delaysNs[index & mask])); }

void Hold() {
  Simulator::Schedule(Delay(done), &Hold);
  CountOperation();
}

void Completed(int server);

void Arrive(int job, int server) {
  int before = last[server];
  last[server] = job;
  next[job] = -1;
  if (before >= 0) {
    next[before] = job;
  } else {
    first[server] = job;
    Simulator::Schedule(Delay(draws++), &Completed, server);
  }
}

void Completed(int server) {
  int job = first[server];
  int following = next[job];
  first[server] = following;
  if (following >= 0) {
    Simulator::Schedule(Delay(draws++), &Completed, server);
  } else {
    last[server] = -1;
  }
  Arrive(job, routes[done & mask]);
  CountOperation();
}

void ReadTable(const char* path) {
  FILE* file = std::fopen(path, "rb");
  if (file == nullptr) std::exit(2);
  std::fseek(file, 0, SEEK_END);
  size_t size = std::ftell(file) / 12;
  std::rewind(file);
  delaysNs.resize(size);
  routes.resize(size);
  size_t got = std::fread(delaysNs.data(), 8, size, file) + std::fread(routes.data(), 4, size, file);
  std::fclose(file);
  if (got != 2 * size) std::exit(2);
  mask = size - 1;
}

template <typename T>
void PrintList(const char* name, const std::vector<T>& values, const char* format) {
  std::printf("\"%s\":[", name);
  for (size_t i = 0; i < values.size(); i++) {
    if (i > 0) std::printf(",");
    std::printf(format, values[i]);
  }
  std::printf("],");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) return 2;
  ReadTable(argv[1]);
  bool hold = std::strcmp(argv[2], "hold") == 0;
  int size = std::atoi(argv[3]);
  int jobs = std::atoi(argv[4]);
  warmup = std::atoi(argv[5]);
  chunks = std::atoi(argv[6]);
  operations = std::atoll(argv[7]);
  chunkEnd = operations;
  ObjectFactory scheduler;
  scheduler.SetTypeId("ns3::PriorityQueueScheduler");
  Simulator::SetScheduler(scheduler);
  if (hold) {
    for (int i = 0; i < size; i++) Simulator::Schedule(Delay(i) + NanoSeconds(i), &Hold);
  } else {
    servers = size;
    for (auto& route : routes) route %= servers;
    first.assign(servers, -1);
    last.assign(servers, -1);
    next.assign(jobs, -1);
    for (int job = 0; job < jobs; job++) Arrive(job, job % servers);
  }
  chunkStart = std::chrono::steady_clock::now();
  Simulator::Run();
  Simulator::Destroy();
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  std::printf("{");
  PrintList("endTimesNs", endTimesNs, "%ld");
  PrintList("nsPerOperation", nsPerOperation, "%.3f");
  std::printf("\"peakRssBytes\":%ld}\n", usage.ru_maxrss * 1024);
  return 0;
}
